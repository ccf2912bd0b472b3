import { createRandom, hashText } from '../../core/random.ts'

/** What is to be known of the points of a metric to put anomalies between them. */
export interface Ground {
  /** Of scored points, ascending. */
  readonly timestamps: Float64Array
  /** 1 where something is strange already. */
  readonly strange: Uint8Array
}

export interface PlaceOptions {
  readonly metric: string
  readonly count: number
  /** So many points from a place on are looked at. */
  readonly within: number
  /** So many points before it must be quiet: what was there before would be gone on with, and not be told of anew. */
  readonly quietBefore: number
}

/** Timestamps in the last third of the points where an anomaly may begin: at most `count`, one in each of as many parts of it, where nothing is strange
 * before nor while it is looked at. The same for the same metric, every time. */
export function choosePlaces(
  { timestamps, strange }: Ground,
  { metric, count, within, quietBefore }: PlaceOptions,
): readonly number[] {
  const random = createRandom(hashText(`places:${metric}`))
  const last = timestamps.length - within
  const first = Math.max(quietBefore, Math.floor((timestamps.length * 2) / 3))
  const strangeBefore = runningSum(strange)
  const isQuiet = (index: number) => strangeBefore[index + within] === strangeBefore[index - quietBefore]
  const places: number[] = []
  for (let part = 0; part < count; part++) {
    const begin = first + Math.floor(((last + 1 - first) * part) / count)
    const end = first + Math.floor(((last + 1 - first) * (part + 1)) / count)
    if (end <= begin) continue
    const start = random.int(end - begin)
    for (let step = 0; step < end - begin; step++) {
      const index = begin + ((start + step) % (end - begin))
      if (!isQuiet(index)) continue
      places.push(timestamps[index]!)
      break
    }
  }
  return places
}

/** How many are marked before each index. */
function runningSum(marks: Uint8Array): Uint32Array {
  const sums = new Uint32Array(marks.length + 1)
  for (let index = 0; index < marks.length; index++) sums[index + 1] = sums[index]! + marks[index]!
  return sums
}
