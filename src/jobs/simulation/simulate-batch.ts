import type { Surroundings } from '../../alerts/hold-back.ts'
import { type ErrorPlace, messageOf } from '../../core/errors.ts'
import { listsMetric } from '../../core/metric-name.ts'
import type { ReplayItem, ReplayResult } from '../../models/model-pool.ts'
import { learnable } from '../cadence.ts'
import { loadHistory } from '../load-history.ts'
import { ownFeatures } from '../own-features.ts'
import { policySurroundings } from '../policy-surroundings.ts'
import { injectAnomalies } from './inject-anomalies.ts'
import { type JudgedMetric, judgeMetric } from './judge-metric.ts'
import type { Outcome, SimulatedMetric, Simulation } from './simulation.ts'
import { type SimulationContext, specOf } from './simulation-context.ts'

const DAY = 86_400_000

/** Metrics that are replayed, and held in memory, at a time. */
const CHUNK = 64
const CHUNK_OF_INJECTIONS = 8

export interface SimulationOptions {
  /** UTC epoch ms; the training window of the batch up to now when not given. */
  readonly from?: number
  readonly to?: number
  /** Chooses among the metrics that there are; may throw. */
  readonly choose: (known: readonly string[]) => readonly string[]
  /** Whether anomalies are put in. */
  readonly inject: boolean
  readonly progress: (done: number, of: number) => void
}

/** A batch with its history. */
interface Loaded {
  readonly context: SimulationContext
  /** In the order of names. */
  readonly metrics: readonly string[]
  /** What there is to be replayed of a metric, or why there is nothing. */
  readonly items: ReadonlyMap<string, ReplayItem | Outcome>
  readonly surroundings: Surroundings
}

interface Window {
  readonly from: number
  readonly to: number
}

/**
 * Replays the history of a batch as a backfill would, and counts the alerts: with its settings and, where a second one is given, with that one's. What both judge alike is
 * replayed once. A metric that fails has an outcome like the others.
 */
export async function simulateBatch(
  today: SimulationContext,
  changed: SimulationContext | undefined,
  options: SimulationOptions,
): Promise<Simulation> {
  const to = options.to ?? today.clock.now()
  const from = options.from ?? to - today.batch.settings.train_metric_timestamp_max_days_ago * DAY
  const window = { from, to }
  const loaded = await load(today, window, options.choose)
  const { metrics } = loaded
  const alike = changed !== undefined && judgeAlike(today, changed)
  const other =
    changed === undefined
      ? undefined
      : alike
        ? await withSurroundings({ ...loaded, context: changed }, window)
        : await load(changed, window, (known) => metrics.filter((metric) => known.includes(metric)))
  const simulated: SimulatedMetric[] = []
  const chunk = options.inject ? CHUNK_OF_INJECTIONS : CHUNK
  for (let start = 0; start < metrics.length; start += chunk) {
    const names = metrics.slice(start, start + chunk)
    const ways = other === undefined ? [loaded] : [loaded, other]
    const [outcomes, others] = await judge(ways, names, { window, alike, inject: options.inject })
    for (const metric of names) {
      const now = outcomes?.get(metric) ?? NOTHING
      simulated.push({ metric, today: now, ...(others && { changed: others.get(metric) ?? NOTHING }) })
    }
    options.progress(simulated.length, metrics.length)
  }
  return { from, to, metrics: simulated }
}

const NOTHING: Outcome = { status: 'left out', why: 'has no points' }

/** What decides only which scores become alerts. `alert_budget` counts for some models too: their specification tells. */
const POLICY_KEYS =
  /^(?:alert_.*|calendars|min_change|min_change_percent|only_if|valid_range|disable_alert|score_exclude_metrics|disable_score|metric_tags|.*_cron_schedule|.*_default_schedule_status)$/

/** Whether the models of both give the same scores. */
function judgeAlike({ batch: first }: SimulationContext, { batch: second }: SimulationContext): boolean {
  const [one, two] = [first, second].map((batch) =>
    JSON.stringify([specOf(batch), Object.entries(batch.settings).filter(([key]) => !POLICY_KEYS.test(key))]),
  )
  return one === two
}

async function load(
  context: SimulationContext,
  window: Window,
  choose: SimulationOptions['choose'],
): Promise<Loaded> {
  const { settings } = context.batch
  await context.table.ensure()
  const history = await loadHistory(context, 'train_sql', {
    types: ['metric'],
    since: window.from - settings.train_metric_timestamp_max_days_ago * DAY,
    until: window.to,
  })
  const metrics = choose([...history].filter(([, points]) => points.has('metric')).map(([name]) => name))
  const items = new Map<string, ReplayItem | Outcome>()
  const wanted: ReplayItem[] = []
  const excluded = new Set(settings.train_exclude_metrics)
  for (const metric of metrics) {
    const series = history.get(metric)?.get('metric')
    if (series === undefined) continue
    if (listsMetric(excluded, metric))
      items.set(metric, { status: 'left out', why: 'is in train_exclude_metrics' })
    else wanted.push({ metric, series: learnable(series, settings, context.clock.now()) })
  }
  const failures = {
    add: ({ metric }: ErrorPlace, error: unknown) =>
      void items.set(metric ?? '', { status: 'failed', problem: messageOf(error) }),
    attempt: (_: ErrorPlace, part: () => Promise<void>) => part(),
    throwIfAny: () => {},
  }
  for (const item of await ownFeatures(context, wanted, failures)) items.set(item.metric, item)
  return withSurroundings({ context, metrics, items }, window)
}

async function withSurroundings(loaded: Omit<Loaded, 'surroundings'>, { from }: Window): Promise<Loaded> {
  const surroundings = await policySurroundings(loaded.context, { metrics: loaded.metrics, since: from })
  return { ...loaded, surroundings }
}

interface Asked {
  readonly window: Window
  /** Whether all ways give the same scores. */
  readonly alike: boolean
  readonly inject: boolean
}

/** Outcomes by metric, for each of the ways to judge them. */
async function judge(
  ways: readonly Loaded[],
  metrics: readonly string[],
  asked: Asked,
): Promise<readonly ReadonlyMap<string, Outcome>[]> {
  if (!asked.alike && ways.length > 1) {
    const outcomes: ReadonlyMap<string, Outcome>[] = []
    for (const way of ways) outcomes.push(...(await judge([way], metrics, asked)))
    return outcomes
  }
  const [first] = ways
  if (first === undefined) return []
  const results = await replay(first, metrics)
  const judged = ways.map((way) => {
    const ofWay = new Map<string, JudgedMetric | Outcome>()
    for (const metric of metrics) {
      const result = results.get(metric)
      const item = way.items.get(metric)
      if (result !== undefined) ofWay.set(metric, judgeMetric(way, result, asked.window))
      else if (item !== undefined && 'status' in item) ofWay.set(metric, item)
    }
    return ofWay
  })
  const injected = asked.inject ? await injectAnomalies(ways, judged) : []
  return judged.map(
    (ofWay, way) =>
      new Map(
        Array.from(ofWay, ([metric, each]): [string, Outcome] => {
          if (!('outcome' in each)) return [metric, each]
          const found = injected[way]?.get(metric)
          return [metric, found === undefined ? each.outcome : { ...each.outcome, injected: found }]
        }),
      ),
  )
}

async function replay(
  { context, items }: Loaded,
  metrics: readonly string[],
): Promise<ReadonlyMap<string, ReplayResult>> {
  const { settings } = context.batch
  const wanted = metrics.flatMap((metric): ReplayItem[] => {
    const item = items.get(metric)
    return item === undefined || 'status' in item ? [] : [item]
  })
  const results = await context.pool.replay(specOf(context.batch), wanted, {
    signal: context.signal,
    maxPoints: settings.train_max_n,
    maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
    // Nobody asks why.
    reasonsFrom: Number.POSITIVE_INFINITY,
  })
  return new Map(results.map((result) => [result.metric, result]))
}
