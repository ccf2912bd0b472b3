/**
 * Stands in for src/core/worker-file.ts in tests, by an alias: threads and processes start from dist/, which is compiled before any test runs, as they do
 * for users. From source each would spend more than a second on loading TypeScript.
 */
export function workerFile(
  importer: string,
  name: string,
): { readonly url: URL; readonly execArgv: readonly string[] } {
  const source = importer.lastIndexOf('/src/')
  const compiled = `${importer.slice(0, source)}/dist/${importer.slice(source + '/src/'.length)}`
  return { url: new URL(`${name}.js`, compiled), execArgv: [] }
}
