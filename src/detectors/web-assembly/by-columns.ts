import type { FunctionCode } from './instantiate.ts'
import type { Memory } from './memory.ts'
import { sharedInstance } from './shared-instance.ts'

/** A function for rows of one width, over the memory that it shares with those for other widths. */
export interface WidthFunction {
  readonly memory: Memory
  call(...values: number[]): void
}

/**
 * Gives the function for a number of columns: loops over columns are spelled out in it, so that what is compared with many rows stays in
 * registers. Undefined for more than `most` columns, and where the processor cannot.
 */
export function byColumns(
  most: number,
  code: (columns: number) => FunctionCode,
): (columns: number) => WidthFunction | undefined {
  const name = (columns: number) => `columns${columns}`
  const shared = sharedInstance<string>(() =>
    Object.fromEntries(Array.from({ length: most }, (_, j) => [name(j + 1), code(j + 1)])),
  )
  return (columns) => {
    const instance = shared()
    const call = instance?.functions[name(columns)]
    return instance && call && { memory: instance.memory, call }
  }
}
