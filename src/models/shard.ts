import { hashText } from '../core/random.ts'

/** A part of a batch's metrics: the `shard`-th of `of`, counted from 1. */
export interface Shard {
  readonly shard: number
  readonly of: number
}

/** The finalizer of MurmurHash3 (Austin Appleby): every bit of the result depends on every bit of the hash. */
function mixed(hash: number): number {
  let bits = hash ^ (hash >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/**
 * To which of `of` parts a metric belongs, from 1 on: by its name alone. Each part is a range of hashes, so that a part of a division into
 * a few more or a few less overlaps with two or three of another.
 */
export function shardOf(metric: string, of: number): number {
  return Math.floor((mixed(hashText(metric)) / 2 ** 32) * of) + 1
}
