import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

const EXTENSIONS: ReadonlySet<string> = new Set([
  '.sql',
  '.py',
  '.ts',
  '.js',
  '.mts',
  '.mjs',
  '.txt',
  '.j2',
  '.jinja',
  '.md',
  '.json',
])

/** Text as the template engine wants it: no byte-order mark, and lines ending in `\n` as in Jinja2. */
export function templateText(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
}

/** The files that templates may include, read anew at each call. Names are paths from the metrics folder, with or without `./` in front. */
export interface TemplateFiles {
  /** Undefined when there is no such file, or when the name leads out of the folder or to a hidden or binary file. */
  read(name: string): string | undefined
  /** Every name without `./`, in order. */
  list(): readonly string[]
}

/** Opens nothing by itself. */
export function templateFiles(metricsDir: string): TemplateFiles {
  function listIn(folder: string): string[] {
    const entries = readdirSync(join(metricsDir, folder), { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )
    return entries.flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return listIn(name)
      return EXTENSIONS.has(extname(entry.name)) ? [name] : []
    })
  }

  return {
    read(name) {
      const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.')
      if (segments.some((segment) => segment.startsWith('.') || /[\\\0]/.test(segment))) return undefined
      if (!EXTENSIONS.has(extname(segments.at(-1) ?? ''))) return undefined
      try {
        return templateText(readFileSync(join(metricsDir, ...segments), 'utf8'))
      } catch {
        return undefined
      }
    },
    list: () => listIn(''),
  }
}
