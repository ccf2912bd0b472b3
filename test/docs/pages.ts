import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The text of a file, by its path in the repository. */
export const pageText = (page: string): string => readFileSync(path.join(root, page), 'utf8')

/** Every page that people read, by its path in the repository. */
export function allPages(): readonly string[] {
  const inFolder = (folder: string) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
  const top = readdirSync(root).filter((file) => file.endsWith('.md'))
  return [...top, ...inFolder('docs'), ...inFolder('examples')].sort()
}

/** Text without its blocks of code. */
const prose = (text: string) => text.replace(/^```.*?^```/gms, '')

/** Targets of the links of a page that lead into the repository. */
export function localLinks(page: string): readonly string[] {
  return [...prose(pageText(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** Why a link of a page leads nowhere; undefined when it does not. */
export function brokenLink(page: string, link: string): string | undefined {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
  if (!existsSync(path.join(root, target))) return `${page}: ${link}: there is no ${target}`
  if (anchor !== undefined && !anchors(target).has(anchor))
    return `${page}: ${link}: there is no such heading`
  return undefined
}

/** What headings are linked by, as GitHub makes it. */
function anchors(page: string): ReadonlySet<string> {
  const headings = [...prose(pageText(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!)
  return new Set(
    headings.map((heading) =>
      heading
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** The blocks of code in a language, of a page. */
export function codeBlocks(page: string, language: string): readonly string[] {
  const blocks = [...pageText(page).matchAll(/^```(\w*)\n(.*?)^```/gms)]
  return blocks.filter(([, name]) => name === language).map(([, , code]) => code!)
}
