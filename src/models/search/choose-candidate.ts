/** How a candidate did, over the metrics that every compared candidate could judge. */
export interface Standing {
  /** Index among the candidates. */
  readonly candidate: number
  /** Mean average precision, 0..1. */
  readonly mean: number
  /** How many metrics it is the mean of. */
  readonly metrics: number
}

/** Average precisions of one metric, one for each candidate; NaN where it could not judge. */
export type Judgement = readonly number[]

/**
 * Candidates by their mean over metrics, the best first. A metric that a candidate cannot judge counts as 0 for it, unless none can. Candidates that are equal keep
 * their order, so that of equals the first, which is what is in use, wins.
 */
export function rankCandidates(judgements: readonly Judgement[]): readonly Standing[] {
  const judgeable = judgements.filter((judgement) => judgement.some((value) => !Number.isNaN(value)))
  const [first = []] = judgeable
  return first
    .map((_, candidate): Standing => {
      const total = judgeable.reduce((sum, judgement) => sum + (judgement[candidate] || 0), 0)
      return { candidate, mean: total / judgeable.length, metrics: judgeable.length }
    })
    .toSorted((a, b) => b.mean - a.mean)
}

/**
 * The candidate to use instead of that at `incumbent`, or the incumbent: another must be better by more than the standard error of the paired
 * differences over metrics, so that chance changes nothing.
 */
export function chooseCandidate(judgements: readonly Judgement[], incumbent: number): number {
  for (const { candidate } of rankCandidates(judgements)) {
    if (candidate === incumbent) return incumbent
    const differences = judgements
      .map((judgement) => (judgement[candidate] || 0) - (judgement[incumbent] || 0))
      .filter((difference) => !Number.isNaN(difference))
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length
    const variance =
      differences.reduce((sum, difference) => sum + (difference - mean) ** 2, 0) /
      Math.max(1, differences.length - 1)
    // One metric says nothing of the error: then a twentieth is asked for.
    const error = differences.length < 2 ? 0.05 : Math.sqrt(variance / differences.length)
    if (mean > error) return candidate
  }
  return incumbent
}
