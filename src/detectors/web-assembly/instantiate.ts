import { type Code, END, unsigned } from './instructions.ts'
import type { Memory } from './memory.ts'

/** A function of whole numbers that returns nothing. */
export interface FunctionCode {
  readonly parameters: number
  /** Types of its local variables, which are numbered after the parameters. */
  readonly locals: readonly (keyof typeof TYPES)[]
  readonly body: readonly Code[]
}

export interface Instance<Name extends string> {
  readonly memory: Memory
  readonly functions: Readonly<Record<Name, (...values: number[]) => void>>
}

// Not among the types of Node.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> }
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const TYPES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const
const MEMORY = 'memory'

/**
 * Compiles functions over one memory of 64 KiB, which grows (WebAssembly core specification 2.0, section 5.5). Undefined where the processor
 * lacks the instructions, or where typed arrays have the other order of bytes.
 */
export function instantiate<Name extends string>(
  functions: Readonly<Record<Name, FunctionCode>>,
): Instance<Name> | undefined {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) return undefined
  const names = Object.keys(functions) as Name[]
  const codes = names.map((name) => functions[name])
  const bytes = [
    ...MAGIC,
    ...section(
      1,
      codes.map(({ parameters }) => [0x60, ...list(Array<Code>(parameters).fill([TYPES.i32])), 0]),
    ),
    ...section(
      3,
      codes.map((_, i) => unsigned(i)),
    ),
    ...section(5, [[0, 1]]),
    ...section(7, [[...text(MEMORY), 2, 0], ...names.map((name, i) => [...text(name), 0, ...unsigned(i)])]),
    ...section(
      10,
      codes.map(({ locals, body }) =>
        sized([...list(locals.map((type) => [1, TYPES[type]])), ...body.flat(), END]),
      ),
    ),
  ]
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes)))
    return {
      memory: exports[MEMORY] as Memory,
      functions: exports as Instance<Name>['functions'],
    }
  } catch {
    return undefined
  }
}

const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()]
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))]
const text = (value: string): Code => sized([...Buffer.from(value)])
