/** Scores of clean series, and how many alerts they may give. */
export interface CleanScores {
  /** NaN where a point was not judged. */
  readonly series: readonly Float64Array[]
  readonly allowed: number
  /** Points within which a second alert would only repeat the first. */
  readonly refractory: number
}

/**
 * The score from which on a point alerts, so that clean series give the allowed number of alerts. Where many points share one score, no threshold
 * gives just that many: then `strict` gives fewer, `loose` more, and alerting at `loose` in a `share` of all cases gives it.
 */
export interface RankThreshold {
  readonly strict: number
  readonly loose: number
  readonly share: number
}

/** Finds the threshold that makes models comparable whatever their scores mean: as many alerts on clean series for each. */
export function rankThreshold({ series, allowed, refractory }: CleanScores): RankThreshold {
  const distinct = new Set<number>()
  for (const each of series) for (const score of each) if (!Number.isNaN(score)) distinct.add(score)
  const descending = Float64Array.from(distinct).sort().reverse()
  const alertsAt = (threshold: number) =>
    series.reduce((sum, each) => sum + countAlerts(each, threshold, refractory), 0)
  // The count never falls with the threshold: it is the largest number of points above it that are so far from each other.
  let [fewEnough, tooMany] = [-1, descending.length]
  while (tooMany - fewEnough > 1) {
    const middle = (fewEnough + tooMany) >> 1
    if (alertsAt(descending[middle]!) <= allowed) fewEnough = middle
    else tooMany = middle
  }
  const strict = descending[fewEnough] ?? Number.POSITIVE_INFINITY
  const loose = descending[tooMany]
  if (loose === undefined) return { strict, loose: strict, share: 0 }
  const [few, many] = [alertsAt(strict), alertsAt(loose)]
  return { strict, loose, share: (allowed - few) / (many - few) }
}

/** Points at or above the threshold that alert, each more than the refractory period after the one before. */
export function countAlerts(scores: Float64Array, threshold: number, refractory: number): number {
  let alerts = 0
  let last = Number.NEGATIVE_INFINITY
  for (let i = 0; i < scores.length; i++) {
    if (!(scores[i]! >= threshold) || i - last <= refractory) continue
    alerts++
    last = i
  }
  return alerts
}

/** How probable it is that a window reaches the threshold whose highest score is this one. */
export function chanceOfReaching(highest: number, { strict, loose, share }: RankThreshold): number {
  if (highest >= strict) return 1
  return highest >= loose ? share : 0
}
