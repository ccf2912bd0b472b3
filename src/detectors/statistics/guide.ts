/** Ascending values with a table of where to look for one: buckets of equal width. */
export interface Guide {
  readonly sorted: Float64Array
  readonly least: number
  readonly bucketsPerUnit: number
  /** Bucket b holds the values from `starts[b]` up to `starts[b + 1]`, the latter not among them. */
  readonly starts: Int32Array
}

/** A guide to ascending values, with so many buckets for each of them. */
export function guideFor(sorted: Float64Array, fineness = 1): Guide {
  const least = sorted.length === 0 ? 0 : sorted[0]!
  const buckets = Math.max(1, sorted.length * fineness)
  const perUnit = buckets / (sorted[sorted.length - 1]! - least)
  const starts = new Int32Array(buckets + 1)
  // Values all the same, too close together or too far apart are in one bucket.
  const guide = { sorted, least, bucketsPerUnit: Number.isFinite(perUnit) ? perUnit : 0, starts }
  for (let i = 0; i < sorted.length; i++) starts[bucketOf(guide, sorted[i]!) + 1]!++
  for (let bucket = 0; bucket < buckets; bucket++) starts[bucket + 1]! += starts[bucket]!
  return guide
}

/** The bucket of a value, which grows with the value: those before hold lesser ones, those after greater ones. */
export function bucketOf({ least, bucketsPerUnit, starts }: Guide, value: number): number {
  const place = (value - least) * bucketsPerUnit
  const last = starts.length - 2
  return place >= last ? last : place > 0 ? Math.floor(place) : 0
}
