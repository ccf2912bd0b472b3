import { thresholdInUnits } from './unit-scores.ts'

/** The bin of the histogram that lies farthest below the line from its peak to the end of its longer tail (Zack 1977: triangle). */
export function hist(scores: Float64Array): number {
  return thresholdInUnits(scores, (unit) => {
    const bins = Math.max(1, Math.floor(unit.length ** 0.7))
    const counts = new Float64Array(bins)
    for (const score of unit) counts[Math.min(bins - 1, Math.floor(score * bins))]!++
    const highest = counts.reduce((most, count) => Math.max(most, count), 0)
    const peak = counts.indexOf(highest)
    // The least and the greatest score are in the first and the last bin. The tail is walked from its end to the peak.
    const toRight = peak < bins - 1 - peak
    const end = toRight ? bins - 1 : 0
    const width = Math.abs(end - peak)
    let farthest = Number.NEGATIVE_INFINITY
    let level = end
    for (let i = 0; i < width; i++) {
      const bin = toRight ? end - i : end + i
      const distance = highest * i - width * counts[bin]!
      if (distance <= farthest) continue
      farthest = distance
      level = bin
    }
    return (level + 0.5) / bins
  })
}
