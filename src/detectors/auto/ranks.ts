import type { Memory } from './memory.ts'

/** How strange a value is among those seen before: a histogram over the logarithm, which takes constant memory. */
export interface Ranks {
  /** How many have been seen. */
  readonly count: number
  /** How many of them are at least about as large. */
  atLeast(value: number): number
  add(value: number): void
  /** The value that about `share` of them are above, and by how much those are above it on average. */
  tail(share: number): { readonly from: number; readonly meanExcess: number; readonly count: number }
}

const BINS = 1024
/** Bins are summed in blocks, so that counting goes through few numbers. */
const BLOCK = 32
/** Natural logarithms of the least and the greatest value that are told apart; 2.5 % lie between two bins. */
const LOWEST = -12
const HIGHEST = 13
const PER_UNIT = BINS / (HIGHEST - LOWEST)
const FULL = 60_000

const binOf = (value: number): number => {
  if (!(value > 0)) return 0
  const bin = Math.floor((Math.log(value) - LOWEST) * PER_UNIT)
  return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin
}
const middleOf = Float64Array.from({ length: BINS }, (_, bin) => Math.exp((bin + 0.5) / PER_UNIT + LOWEST))

/** Of values that are not negative. Whenever there are `full`, those before count half: what has become usual counts more than what was. */
export function createRanks(memory: Memory, full = FULL): Ranks {
  const bins = memory.counts(BINS)
  const known = memory.numbers(1)
  const blocks = new Uint32Array(BINS / BLOCK)
  for (let bin = 0; bin < BINS; bin++) blocks[Math.floor(bin / BLOCK)]! += bins[bin]!

  return {
    get count() {
      return known[0]!
    },
    atLeast(value) {
      let above = 0
      const first = binOf(value)
      const block = Math.floor(first / BLOCK)
      for (let bin = first; bin < (block + 1) * BLOCK; bin++) above += bins[bin]!
      for (let rest = block + 1; rest < blocks.length; rest++) above += blocks[rest]!
      return above
    },
    add(value) {
      const newest = binOf(value)
      bins[newest]!++
      blocks[Math.floor(newest / BLOCK)]!++
      if (++known[0]! < full) return
      blocks.fill(0)
      for (let bin = 0; bin < BINS; bin++) {
        bins[bin]! >>= 1
        blocks[Math.floor(bin / BLOCK)]! += bins[bin]!
      }
      known[0] = blocks.reduce((sum, count) => sum + count, 0)
    },
    tail(share) {
      const wanted = known[0]! * share
      let count = 0
      let sum = 0
      const last = Math.max(
        0,
        blocks.findLastIndex((each) => each > 0),
      )
      let bin = (last + 1) * BLOCK - 1
      for (; bin > 0 && count + bins[bin]! <= wanted; bin--) {
        count += bins[bin]!
        sum += bins[bin]! * middleOf[bin]!
      }
      const from = middleOf[bin]!
      return { from, meanExcess: count === 0 ? 0 : sum / count - from, count }
    },
  }
}
