import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { workerFile } from './worker-file.ts'

/**
 * As `workerFile`, for a worker thread. From source, `--import tsx` does nothing in a thread of Node 20, so there the thread registers
 * tsx by itself before it loads the file.
 */
export function workerThread(
  importer: string,
  name: string,
): { readonly url: URL; readonly execArgv: string[] } {
  const { url, execArgv } = workerFile(importer, name)
  if (execArgv.length === 0) return { url, execArgv }
  const api = createRequire(importer)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs')
  const code = `import { register } from ${JSON.stringify(pathToFileURL(api).href)}; register()`
  return { url, execArgv: ['--import', `data:text/javascript,${encodeURIComponent(code)}`] }
}
