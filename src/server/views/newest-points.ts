import type { Batch } from '../../config/project.ts'
import { parseDuration } from '../../core/duration.ts'
import type { History, Points } from '../../databases/database.ts'
import type { ServerServices } from '../services.ts'

/** A metric's newest value and score; times are UTC epoch ms. */
export interface NewestPoint {
  readonly name: string
  readonly newest: number
  /** Absent while it has none. */
  readonly newestScore?: number
  /** How long the metric may be without a point before it is late, ms: two of its steps as declared or as its newest points show them, or `fresh_within`. */
  readonly patienceMs: number
}

/** From so many of the newest points a step is learned: enough for a week of days without its weekend. */
const LOOKED_AT = 8

/** Reads the newest points of every metric of a batch with one query. */
export async function loadNewestPoints(
  services: ServerServices,
  batch: Batch,
): Promise<readonly NewestPoint[]> {
  const table = services.database(batch).metricsTable(batch.settings.table_key)
  await table.ensure()
  const history: History = await table.history({
    batch: batch.name,
    types: ['metric', 'score'],
    maxPoints: LOOKED_AT,
  })
  const { step, fresh_within } = batch.settings
  const declared = step === null ? undefined : parseDuration(step)
  const within = fresh_within === null ? undefined : parseDuration(fresh_within)
  const points: NewestPoint[] = []
  for (const [name, types] of history) {
    const values = types.get('metric')
    const newest = values?.timestamps.at(-1)
    if (values === undefined || newest === undefined) continue
    const newestScore = types.get('score')?.timestamps.at(-1)
    points.push({
      name,
      newest,
      ...(newestScore === undefined ? {} : { newestScore }),
      patienceMs: within ?? 2 * (declared ?? longestGap(values)),
    })
  }
  return points
}

function longestGap({ timestamps }: Points): number {
  let longest = 0
  for (let index = 1; index < timestamps.length; index++)
    longest = Math.max(longest, timestamps[index]! - timestamps[index - 1]!)
  return longest
}
