import type { Random } from '../../core/random.ts'

/** `size` different numbers out of 0..`count`-1 (all of them, shuffled, when `size` is `count`), in random order. */
export function drawDistinct(random: Random, count: number, size: number): Int32Array {
  const all = new Int32Array(count)
  for (let i = 0; i < count; i++) all[i] = i
  for (let i = 0; i < size; i++) {
    const choice = i + random.int(count - i)
    const drawn = all[choice]!
    all[choice] = all[i]!
    all[i] = drawn
  }
  return all.slice(0, size)
}

/** A standard normal number (Box, Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}
