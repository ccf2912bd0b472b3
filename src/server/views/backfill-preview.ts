import type { Batch } from '../../config/project.ts'
import { listsMetric } from '../../core/metric-name.ts'
import type { ServerContext } from '../context.ts'
import { type Problem, problemOf } from '../problem.ts'
import type { ServerServices } from '../services.ts'
import { inParallel } from './in-parallel.ts'

const DAY = 86_400_000
const AT_A_TIME = 8

/** What a backfill of a batch would score, as its table is now: the backfill ingests first, which may add to it. */
export interface BackfillPreview {
  readonly batch: string
  readonly metrics: number
  readonly points: number
  /** Points from here, UTC epoch ms; those before are only learned from. */
  readonly from: number
  /** Up to here: the newest of them where that is earlier than what was asked for. */
  readonly to: number
  /** Why the batch's table could not be read; the counts are 0 then. */
  readonly problem?: Problem
}

export interface BackfillRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

interface PreviewContext extends Pick<ServerContext, 'redact'> {
  readonly services: Pick<ServerServices, 'database' | 'clock'>
}

/** Looks at the tables of these batches with two counting queries each, however many metrics there are. */
export function previewBackfill(
  context: PreviewContext,
  batches: readonly Batch[],
  range: BackfillRange,
): Promise<readonly BackfillPreview[]> {
  return inParallel(batches, AT_A_TIME, async (batch) => {
    const { from, to } = rangeOf(batch, range, context.services.clock.now())
    try {
      return await count(context, batch, { from, to })
    } catch (error) {
      return { batch: batch.name, metrics: 0, points: 0, from, to, problem: problemOf(error, context.redact) }
    }
  })
}

/** As the job chooses it. */
function rangeOf(batch: Batch, asked: BackfillRange, now: number): { from: number; to: number } {
  const to = asked.to ?? now
  return { from: asked.from ?? to - batch.settings.train_metric_timestamp_max_days_ago * DAY, to }
}

async function count(
  { services }: PreviewContext,
  batch: Batch,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<BackfillPreview> {
  const table = services.database(batch).metricsTable(batch.settings.table_key)
  await table.ensure()
  const [since, after] = await Promise.all([
    table.summary({ since: from, batch: batch.name }),
    table.summary({ since: to + 1, batch: batch.name }),
  ])
  const later = new Map(after.map(({ name, counts }) => [name, counts.get('metric') ?? 0]))
  const excluded = new Set(batch.settings.train_exclude_metrics)
  let points = 0
  let metrics = 0
  let newest = from
  for (const metric of since) {
    const within = (metric.counts.get('metric') ?? 0) - (later.get(metric.name) ?? 0)
    if (within <= 0 || listsMetric(excluded, metric.name)) continue
    metrics++
    points += within
    newest = Math.max(newest, metric.newest)
  }
  return { batch: batch.name, metrics, points, from, to: metrics === 0 ? to : Math.min(to, newest) }
}
