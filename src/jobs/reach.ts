/** Which metrics a job looks at, and how far back. Metrics that fell behind, in a downtime say, are looked at once more: in groups, so that what is
 * in memory stays bounded, and each time so many times as far back, until nothing is left out. */
export interface Reach {
  /** All when absent. */
  readonly metrics?: readonly string[]
  /** The newest so many points of each. */
  readonly points: number
  /** Points from this time on, epoch ms, where that is before what the job looks at as a rule. */
  readonly since?: number
}

/** Metrics looked at together once they fell behind. */
const GROUP = 200
const WIDER = 4

/** Where to look once more for metrics that were behind within `reach`. */
export function* widerReaches(behind: readonly string[], { points, ...reach }: Reach): Generator<Reach> {
  for (let start = 0; start < behind.length; start += GROUP)
    yield { ...reach, metrics: behind.slice(start, start + GROUP), points: points * WIDER }
}
