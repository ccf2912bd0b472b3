/** A module of the program as it is delivered: compiled, with worker threads that load compiled files. */
export function built<Module>(file: string): Promise<Module> {
  return import(new URL(`../dist/${file}`, import.meta.url).href) as Promise<Module>
}
