import type { MetricRow } from '../core/metric-row.ts'
import type { ScoredSeries } from '../models/score-metric.ts'
import type { ScoreNote } from '../models/score-note.ts'
import { roundTo } from '../timeseries/round.ts'

/** Decimals kept of expected values and bounds. */
const DECIMALS = 6

/** Reasons of points that nobody will ask about are not stored. */
export const REASON_FROM = 0.3

/** The score rows of a metric; points that could not be scored have none. */
export function* scoreRows(
  batch: string,
  metric: string,
  scored: ScoredSeries,
  now: number,
): Generator<MetricRow> {
  for (let index = 0; index < scored.timestamps.length; index++) {
    const score = scored.scores[index]!
    if (!Number.isFinite(score)) continue
    const note: ScoreNote = {
      value: scored.values[index]!,
      expected: rounded(scored.expected[index]!),
      lower: rounded(scored.lower[index]!),
      upper: rounded(scored.upper[index]!),
      reason: score >= REASON_FROM ? (scored.reasons[index] ?? '') : '',
      scored_at: now,
    }
    yield {
      timestamp: scored.timestamps[index]!,
      batch,
      name: metric,
      type: 'score',
      value: score,
      metadata: JSON.stringify(note),
    }
  }
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? roundTo(value, DECIMALS) : null
}
