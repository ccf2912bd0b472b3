import { readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Module, SourceTextModule, SyntheticModule } from 'node:vm'
import type { FunctionSource } from './function-runner.ts'
import { type Transpiled, transpile } from './transpile.ts'
import { findSyntaxError, fromTranspiler, UserSyntaxError } from './user-syntax-error.ts'

/**
 * Loads user code as ES modules. They are linked by Node's own `vm` modules and not by its default loader, because that gives, on every
 * supported Node and without a file written anywhere: TypeScript in relative imports, text that stands in no file, the user's own
 * file names in stacks. Packages, built-ins and CommonJS files are still loaded by Node itself.
 */
export interface UserModules {
  /** Runs the text as a module and returns its exports. Throws `UserSyntaxError`, what the code throws, or why an import failed. */
  run(code: FunctionSource): Promise<Record<string, unknown>>
  /** The transpiled text of a loaded file. */
  readonly source: (file: string) => Transpiled | undefined
}

interface Import {
  readonly url: string
  /** Whether it is the user's code, and not that of a package or of Node. */
  readonly own: boolean
}

const COMPLETIONS = ['.ts', '.js', '.mts', '.mjs', '.json', '/index.ts', '/index.js']

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** A relative import may leave the ending away, or say `.js` for a `.ts` file, as TypeScript projects do. */
function resolveFile(url: URL, specifier: string, importer: string): string {
  const path = fileURLToPath(url)
  const candidates = [path, path.replace(/js$/, 'ts'), ...COMPLETIONS.map((ending) => path + ending)]
  const found = candidates.find(isFile)
  if (found === undefined) throw new Error(`Cannot find module '${specifier}' imported from ${importer}`)
  return pathToFileURL(found).href + url.search
}

/** What `importer` means by `specifier`; a package that the project has not is looked for among those of the program. */
function resolveImport(specifier: string, importer: string): Import {
  if (isBuiltin(specifier)) return { url: specifier, own: false }
  const parent = pathToFileURL(importer).href
  if (/^(\.{0,2}\/|file:)/.test(specifier))
    return { url: resolveFile(new URL(specifier, parent), specifier, importer), own: true }
  const url = resolvePackage(specifier, parent)
  return { url, own: url.startsWith('file:') && !url.includes('/node_modules/') }
}

function resolvePackage(specifier: string, parent: string): string {
  try {
    return import.meta.resolve(specifier, parent)
  } catch (error) {
    try {
      return import.meta.resolve(specifier)
    } catch {
      throw error
    }
  }
}

function isCommonJs(text: string): boolean {
  return (
    /\b(module\.exports|exports\.\w+\s*=|require\s*\()/.test(text) && !/^\s*(import|export)\b/m.test(text)
  )
}

/** The code to load in place of Node, or undefined for what Node loads by itself. */
function readOwnCode({ url, own }: Import): FunctionSource | undefined {
  if (!own) return undefined
  const file = fileURLToPath(url)
  const ending = extname(file)
  if (ending === '.ts' || ending === '.mts')
    return { language: 'typescript', text: readFileSync(file, 'utf8'), file }
  if (ending !== '.js' && ending !== '.mjs') return undefined
  const text = readFileSync(file, 'utf8')
  return ending === '.js' && isCommonJs(text) ? undefined : { language: 'javascript', text, file }
}

async function loadNative(url: string): Promise<Module> {
  const exports: Record<string, unknown> =
    url.startsWith('file:') && url.endsWith('.json')
      ? { default: JSON.parse(readFileSync(fileURLToPath(url), 'utf8')) as unknown }
      : ((await import(url)) as Record<string, unknown>)
  return new SyntheticModule(
    Object.keys(exports),
    function () {
      for (const [name, value] of Object.entries(exports)) this.setExport(name, value)
    },
    { identifier: url },
  )
}

function transpileOrThrow(code: FunctionSource): Transpiled {
  try {
    return transpile(code)
  } catch (error) {
    throw fromTranspiler(error, code.file)
  }
}

/** Modules of one process. */
export function createUserModules(): UserModules {
  const sources = new Map<string, Transpiled>()
  const modules = new Map<string, Promise<Module>>()
  let linking: Promise<void> = Promise.resolve()

  function compile(code: FunctionSource): Module {
    const transpiled = transpileOrThrow(code)
    sources.set(code.file, transpiled)
    try {
      return sourceModule(code, transpiled)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const position = findSyntaxError(transpiled.code)
      throw new UserSyntaxError(error.message, code.file, position && transpiled.original(position))
    }
  }

  function sourceModule(code: FunctionSource, transpiled: Transpiled): Module {
    return new SourceTextModule(transpiled.code, {
      identifier: code.file,
      initializeImportMeta(meta) {
        meta.url = pathToFileURL(code.file).href
        meta.filename = code.file
        meta.dirname = dirname(code.file)
        meta.resolve = (specifier: string) => resolveImport(specifier, code.file).url
      },
      importModuleDynamically: async (specifier: string) =>
        evaluate(await load(resolveImport(specifier, code.file))),
    })
  }

  function load(found: Import): Promise<Module> {
    const known = modules.get(found.url)
    if (known !== undefined) return known
    const loading = Promise.resolve().then(() => {
      const code = readOwnCode(found)
      return code === undefined ? loadNative(found.url) : compile(code)
    })
    modules.set(found.url, loading)
    return loading
  }

  /** One at a time: two dynamic imports may share a dependency, which must not be linked twice. */
  async function evaluate(module: Module): Promise<Module> {
    const turn = linking.then(async () => {
      if (module.status === 'unlinked')
        await module.link((specifier, importer) => load(resolveImport(specifier, importer.identifier)))
    })
    linking = turn.catch(() => undefined)
    await turn
    await module.evaluate()
    return module
  }

  return {
    async run(code) {
      const module = compile(code)
      modules.set(pathToFileURL(code.file).href, Promise.resolve(module))
      return (await evaluate(module)).namespace as Record<string, unknown>
    },
    source: (file) => sources.get(file),
  }
}
