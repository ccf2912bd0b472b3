import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describeCircumstances } from '../results-page.ts'

const HEAD = `# Detection quality

Written by \`npm run bench:quality -- [FOLDER] --record TITLE\`. "Ours" is what a project gets that says nothing; nothing is fitted to the series, and one setting serves all.
`
const page = new URL('../QUALITY.md', import.meta.url)

/** Puts the tables into QUALITY.md, in place of those that had the same title. */
export function record(title: string, tables: string): void {
  const text = existsSync(page) ? readFileSync(page, 'utf8') : HEAD
  const others = text.split(/^(?=## )/m).filter((section) => !section.startsWith(`## ${title}\n`))
  const section = `## ${title}\n\n${describeCircumstances()}\n\n\`\`\`text\n${tables.trimEnd()}\n\`\`\`\n`
  writeFileSync(page, `${[...others.map((each) => each.trimEnd()), section.trimEnd()].join('\n\n')}\n`)
}
