import type { MetricRow } from '../core/metric-row.ts'
import type { ScoredSeries } from '../models/score-metric.ts'
import type { ScoreNote } from '../models/score-note.ts'
import { roundTo } from '../timeseries/round.ts'

/** Decimals kept of expected values and bounds. */
const DECIMALS = 6

/** Reasons of points that nobody will ask about are not stored. */
export const REASON_FROM = 0.3

/** What a model that decides when to alert says beside its scores, in columns as long as those. */
export interface Verdicts {
  readonly strangeness?: Float64Array
  readonly levels?: Float64Array
  readonly begins?: Uint8Array
}

/** The score rows of a metric; points that could not be scored have none. */
export function* scoreRows(
  batch: string,
  metric: string,
  scored: ScoredSeries & Verdicts,
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
      ...verdictAt(scored, index),
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

/** What the model says of the point at an index; nothing where it has no level of its own. */
export function verdictAt(
  { strangeness, levels, begins }: Verdicts,
  index: number,
): Pick<ScoreNote, 'strangeness' | 'level' | 'begins'> {
  const level = levels?.[index]
  if (level === undefined || !Number.isFinite(level)) return {}
  const strange = strangeness?.[index]
  return {
    ...(strange === undefined || !Number.isFinite(strange)
      ? {}
      : { strangeness: roundTo(strange, DECIMALS) }),
    level: roundTo(level, DECIMALS),
    begins: begins?.[index] === 1,
  }
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? roundTo(value, DECIMALS) : null
}
