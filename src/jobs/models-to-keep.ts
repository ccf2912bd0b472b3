import { isStockTemplate } from '../config/stock-templates.ts'
import { AnomstackError } from '../core/errors.ts'
import { listsMetric } from '../core/metric-name.ts'
import type { BundleEntry, Fit } from '../models/bundle.ts'
import { isTimed } from '../models/detector-rows.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import type { Trained } from '../models/model-store.ts'
import { firstNotBefore } from '../models/positions.ts'
import type { JobContext } from './job.ts'
import { bundleInUse, modelsOf } from './models-in-use.ts'
import { trainingBasis } from './training-basis.ts'
import { trainingPoints } from './training-points.ts'
import { type MetricRules, trainingRules } from './training-rules.ts'

/** After so long a model that has learned on is fitted anew all the same: by then values have been restated, and points have come late. */
const REFIT_MS = 86_400_000
/** The centre and the spread of a model are those of the points that it was fitted to. Where these were fewer, they are not for long. */
const FEW_POINTS = 30
const GROWTH = 2

/** The metrics of a training, divided. */
export interface ToKeep {
  /** Models that go on as they are, with what they have learned since they were fitted. */
  readonly kept: readonly Extract<Trained['results'][number], { readonly status: 'fitted' }>[]
  /** The other metrics: these are to be fitted. */
  readonly others: readonly string[]
  /** All that have a model in use. */
  readonly inUse: ReadonlySet<string>
}

/** Whether a training may leave models as they are: where all that there is learns point by point, and nobody but a schedule has asked for the training. Only SQL
 * of one's own knows what it returns. */
export function mayKeep({ run, batch }: JobContext, spec: ModelSpec): boolean {
  const isScheduled =
    run.trigger === 'schedule' || (run.trigger === 'fan-out' && run.params?.keep_learned === true)
  const isLearning = spec.update === 'online' && spec.detectors.every(isTimed)
  return isScheduled && isLearning && isStockTemplate('train_sql', batch.settings.train_sql)
}

interface Asked {
  readonly spec: ModelSpec
  /** From when on points are learned from, epoch ms. */
  readonly since: number
  readonly metrics: readonly string[]
}

/** Finds the models that fitting anew would make what they have become by learning. */
export function modelsToKeep(context: JobContext, asked: Asked): Promise<ToKeep> {
  return context.step(
    'choose what to fit',
    () => choose(context, asked),
    ({ kept, others }) => ({ kept: kept.length, others: others.length }),
  )
}

type FittedEntry = BundleEntry & { readonly fit: Fit }

async function choose(context: JobContext, asked: Asked): Promise<ToKeep> {
  const { spec, since } = asked
  const excluded = new Set(context.batch.settings.train_exclude_metrics)
  const metrics = asked.metrics.filter((metric) => !listsMetric(excluded, metric))
  const bundle = await bundleInUse(context, spec)
  if (bundle === undefined) return { kept: [], others: metrics, inUse: new Set() }
  const entries = await bundle.entries(metrics).catch((error: unknown) => {
    if (error instanceof AnomstackError && error.code === 'MODEL_INVALID')
      return new Map<string, BundleEntry>()
    throw error
  })
  const rulesOf = await trainingRules(context, { since, metrics })
  const basisOf = trainingBasis(context)
  const now = context.clock.now()
  const why = new Map<string, string>()
  const current: FittedEntry[] = []
  for (const metric of metrics) {
    const entry = entries.get(metric)
    if (entry === undefined) why.set(metric, 'without a model')
    else if (entry.fit === undefined) why.set(metric, 'its model does not say how it was fitted')
    else if (now >= entry.fit.at + REFIT_MS) why.set(metric, 'fitted a day ago')
    else if (entry.fit.basis !== basisOf(rulesOf(metric))) why.set(metric, 'settings or feedback changed')
    else if (entry.fit.count < FEW_POINTS && entry.count > entry.fit.count * GROWTH)
      why.set(metric, 'fitted to few points')
    else current.push({ ...entry, fit: entry.fit })
  }
  for (const metric of await withOlderPoints(context, current, since)) why.set(metric, 'older points came')
  for (const metric of await withUnwanted(context, current, rulesOf))
    why.set(metric, 'it has learned points that are to be left out')
  const sound = new Map(current.flatMap((entry) => (why.has(entry.metric) ? [] : [[entry.metric, entry]])))
  const kept = await modelsOf(bundle, sound)
  const readable = new Set(kept.map(({ metric }) => metric))
  for (const metric of sound.keys()) if (!readable.has(metric)) why.set(metric, 'its model cannot be read')
  context.logger.log(
    'info',
    `models that go on with what they have learned: ${kept.length}${why.size === 0 ? '' : `; metrics to be fitted: ${counted(why)}`}`,
  )
  return { kept, others: [...why.keys()], inUse: new Set(entries.keys()) }
}

/** Metrics whose history now begins before the one that they were fitted to. */
async function withOlderPoints(
  { batch, table, signal }: JobContext,
  entries: readonly FittedEntry[],
  since: number,
): Promise<readonly string[]> {
  const begun = new Map(
    entries.flatMap(({ metric, fit }) =>
      fit.since !== undefined && fit.since > since ? [[metric, fit.since]] : [],
    ),
  )
  if (begun.size === 0) return []
  const last = [...begun.values()].reduce((latest, begin) => Math.max(latest, begin))
  const before = await table.history(
    {
      batch: batch.name,
      types: ['metric'],
      since,
      until: last - 1,
      maxPoints: batch.settings.train_max_n,
      metrics: [...begun.keys()],
    },
    { signal },
  )
  return [...begun.keys()].filter((metric) => {
    const first = before.get(metric)?.get('metric')?.timestamps[0]
    return first !== undefined && first < begun.get(metric)!
  })
}

/** Metrics that have got points since they were fitted which stay out of fitting, while scoring learns from all. */
async function withUnwanted(
  { batch, table, signal }: JobContext,
  entries: readonly FittedEntry[],
  rulesOf: (metric: string) => MetricRules,
): Promise<readonly string[]> {
  const ruled = entries.filter(({ metric }) => {
    const { range, normalFrom, confirmed, skippedBy } = rulesOf(metric)
    return [range, normalFrom, skippedBy].some((rule) => rule !== undefined) || confirmed.length > 0
  })
  if (ruled.length === 0) return []
  const first = ruled.reduce((earliest, { fit }) => Math.min(earliest, fit.to), Number.POSITIVE_INFINITY)
  const history = await table.history(
    {
      batch: batch.name,
      types: ['metric'],
      since: first + 1,
      maxPoints: batch.settings.train_max_n,
      metrics: ruled.map(({ metric }) => metric),
    },
    { signal },
  )
  return ruled.flatMap(({ metric, fit }) => {
    const points = history.get(metric)?.get('metric')
    if (points === undefined) return []
    const begin = firstNotBefore(points.timestamps, fit.to + 1)
    const timestamps = points.timestamps.subarray(begin)
    const { series } = trainingPoints({ timestamps, values: points.values.subarray(begin) }, rulesOf(metric))
    return series.timestamps.length < timestamps.length ? [metric] : []
  })
}

function counted(why: ReadonlyMap<string, string>): string {
  const counts = new Map<string, number>()
  for (const reason of why.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} (${reason})`).join(', ')
}
