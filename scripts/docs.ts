// `npm run docs`: writes the generated parts of docs/. What stands outside of their marks is written by hand, and kept.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ERROR_KINDS } from '../src/core/errors.ts'
import { batchSettingsSection, batchSourcesSection, shortFormSection } from './docs/batch-sections.ts'
import { exampleSection } from './docs/example-section.ts'
import { code, table } from './docs/markdown.ts'
import { pluginSections } from './docs/plugin-sections.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Files with generated parts, relative to the repository. */
export const GENERATED_FILES: readonly string[] = [
  'docs/errors.md',
  'docs/guide/batches.md',
  'docs/guide/channels.md',
  'docs/guide/databases.md',
  'docs/guide/detectors.md',
  'docs/guide/examples.md',
  'docs/guide/storages.md',
]

const SECTIONS: Readonly<Record<string, () => string>> = {
  errors: errorsSection,
  'batch-sources': batchSourcesSection,
  'batch-short-form': shortFormSection,
  'batch-settings': batchSettingsSection,
  channels: () => pluginSections('channels'),
  databases: () => pluginSections('databases'),
  detectors: () => pluginSections('detectors'),
  examples: exampleSection,
  storages: () => pluginSections('storages'),
}

function errorsSection(): string {
  return table(
    ['code', 'HTTP status', 'may succeed when repeated', 'meaning'],
    Object.entries(ERROR_KINDS).map(([name, { status, retryable, summary }]) => [
      code(name),
      String(status),
      retryable ? 'yes' : 'no',
      summary,
    ]),
  )
}

/** A text with its parts between `<!-- generated: name -->` and `<!-- end -->` made anew. Throws for a name that is not known. */
export function withGeneratedParts(text: string): string {
  return text.replace(/<!-- generated: ([\w-]+) -->.*?<!-- end -->/gs, (_, name: string) => {
    const section = SECTIONS[name]
    if (section === undefined) throw new Error(`nothing generates "${name}"`)
    return `<!-- generated: ${name} -->\n\n${section()}\n\n<!-- end -->`
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const file of GENERATED_FILES) {
    const target = path.join(root, file)
    const text = readFileSync(target, 'utf8')
    const made = withGeneratedParts(text)
    if (made !== text) writeFileSync(target, made)
    console.log(`${made === text ? 'is current' : 'written   '}  ${file}`)
  }
