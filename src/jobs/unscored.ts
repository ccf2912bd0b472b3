import type { BatchSettings } from '../config/batch-settings.ts'
import type { Series } from '../core/series.ts'
import type { Points } from '../databases/database.ts'
import { readScoreNote } from '../models/score-note.ts'
import { roundTo } from '../timeseries/round.ts'

/** Timestamps among the newest `score_max_n` of the first `count` judged points that have no score, or one of another value. */
export function unscored(
  judged: Series,
  count: number,
  scores: Points | undefined,
  settings: BatchSettings,
): number[] {
  const decimals = settings.ingest_metric_rounding
  const rowAt = new Map(Array.from(scores?.timestamps ?? [], (timestamp, index) => [timestamp, index]))
  const wanted: number[] = []
  for (let index = Math.max(0, count - settings.score_max_n); index < count; index++) {
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
