/** Address of a worker thread's module that stands beside the module `importer` (its `import.meta.url`), and the Node options to start it with:
 * the compiled file after a build, the TypeScript source through tsx when the program runs from source. */
export function workerFile(
  importer: string,
  name: string,
): { readonly url: URL; readonly execArgv: string[] } {
  return importer.endsWith('.ts')
    ? { url: new URL(`${name}.ts`, importer), execArgv: ['--import', 'tsx'] }
    : { url: new URL(`${name}.js`, importer), execArgv: [] }
}
