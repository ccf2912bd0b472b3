import { type FunctionCode, type Instance, instantiate } from './instantiate.ts'

/** Gives the one instance of a thread, which is compiled when it is first asked for; undefined where the processor cannot. */
export function sharedInstance<Name extends string>(
  functions: () => Readonly<Record<Name, FunctionCode>>,
): () => Instance<Name> | undefined {
  let compiled: { readonly instance: Instance<Name> | undefined } | undefined
  return () => {
    compiled ??= { instance: instantiate(functions()) }
    return compiled.instance
  }
}
