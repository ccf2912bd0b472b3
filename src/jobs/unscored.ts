import type { BatchSettings } from '../config/batch-settings.ts'
import type { Series } from '../core/series.ts'
import type { Points } from '../databases/database.ts'
import { firstNotBefore } from '../models/positions.ts'
import { readScoreNote } from '../models/score-note.ts'
import { roundTo } from '../timeseries/round.ts'

/** Number of the first judged point after the newest score. */
export function firstUnseen(judged: Series, scores: Points): number {
  return firstNotBefore(judged.timestamps, (scores.timestamps.at(-1) ?? Number.NEGATIVE_INFINITY) + 1)
}

/** Timestamps of points, among the first `count` judged ones, that have no score, or one of another value: of the newest `score_max_n`, and of
 * all that came after the newest score, however many a downtime has left. */
export function unscored(
  judged: Series,
  count: number,
  scores: Points | undefined,
  settings: BatchSettings,
): number[] {
  const decimals = settings.ingest_metric_rounding
  const rowAt = new Map(Array.from(scores?.timestamps ?? [], (timestamp, index) => [timestamp, index]))
  const unseen = scores === undefined ? count : firstUnseen(judged, scores)
  const wanted: number[] = []
  for (let index = Math.max(0, Math.min(unseen, count - settings.score_max_n)); index < count; index++) {
    // An empty bucket of the grid has nothing to judge.
    if (!Number.isFinite(judged.values[index]!)) continue
    const timestamp = judged.timestamps[index]!
    const row = rowAt.get(timestamp)
    const note = row === undefined ? undefined : readScoreNote(scores?.metadata?.[row])
    const restated =
      note !== undefined && roundTo(note.value, decimals) !== roundTo(judged.values[index]!, decimals)
    if (row === undefined || restated) wanted.push(timestamp)
  }
  return wanted
}
