import type { Layer } from './layer.ts'

/** Rows that are computed at once, so that they stay in the processor's cache. */
const AT_ONCE = 256

/** What a network makes in scoring of all rows, in blocks: `receive` gets the outputs, the number of the first row, and how many there are. */
export function inBlocks(
  net: Layer,
  rows: Float64Array,
  receive: (outputs: Float64Array, start: number, count: number) => void,
): void {
  const { inputs } = net
  const total = rows.length / inputs
  for (let start = 0; start < total; start += AT_ONCE) {
    const count = Math.min(AT_ONCE, total - start)
    receive(
      net.forward(rows.subarray(start * inputs, (start + count) * inputs), count, 'scoring'),
      start,
      count,
    )
  }
}
