import type { Batch } from '../config/project.ts'
import { isStockTemplate } from '../config/stock-templates.ts'
import { parseDuration } from '../core/duration.ts'
import { AnomstackError } from '../core/errors.ts'
import type { MetricType } from '../core/metric-row.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import type { MetricSummary, SqlRow } from '../databases/database.ts'
import type { Failures } from './failures.ts'
import type { ProjectJobContext } from './job.ts'

const DAY = 86_400_000

/** What became of a metric in the time that a summary covers. */
export interface MetricTotals {
  readonly batch: string
  readonly metric: string
  /** Of any row, epoch ms. */
  readonly newest: number
  readonly values: number
  readonly scores: number
  /** Of every kind. */
  readonly alerts: number
  readonly byKind: ReadonlyMap<string, number>
}

export interface Totals {
  readonly metrics: readonly MetricTotals[]
  /** Metrics that had values shortly before, and none in that time. */
  readonly silent: readonly { readonly batch: string; readonly metric: string; readonly newest: number }[]
}

/** Row types that are alerts, as they are called in a summary. */
const ALERT_TYPES = {
  alert: 'anomaly',
  tholdalert: 'threshold',
  change: 'change',
  llmalert: 'llm',
  missingalert: 'missing data',
} as const satisfies Partial<Record<MetricType, string>>

/** Reads what became of the metrics of these batches: one query for each metrics table and span of time, or a batch's own. What cannot be read is a failure. */
export async function readTotals(
  context: ProjectJobContext,
  batches: readonly Batch[],
  failures: Failures,
): Promise<Totals> {
  const metrics: MetricTotals[] = []
  const silent: Totals['silent'][number][] = []
  for (const group of groupsOf(batches)) {
    const [first] = group
    await failures.attempt(
      group.length === 1 ? { batch: first.name } : { file: `table ${first.settings.table_key}` },
      async () => {
        const totals = isOwn(first) ? await readOwn(context, first) : await readTable(context, group)
        metrics.push(...totals.metrics)
        silent.push(...totals.silent)
      },
    )
  }
  return { metrics: metrics.toSorted(byAlerts), silent }
}

type Group = readonly [Batch, ...Batch[]]

const isOwn = ({ settings }: Batch) => !isStockTemplate('summary_sql', settings.summary_sql)

/** Batches whose rows one query counts. */
function groupsOf(batches: readonly Batch[]): readonly Group[] {
  const groups = new Map<string, [Batch, ...Batch[]]>()
  for (const batch of batches) {
    const { db, table_key, summary_metric_timestamp_max_days_ago } = batch.settings
    const key = JSON.stringify(
      isOwn(batch) ? [batch.name] : [db, table_key, summary_metric_timestamp_max_days_ago],
    )
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [batch])
    else group.push(batch)
  }
  return [...groups.values()]
}

async function readTable(context: ProjectJobContext, group: Group): Promise<Totals> {
  const [first, ...others] = group
  const { settings } = first
  const { signal } = context
  const days = settings.summary_metric_timestamp_max_days_ago
  const since = context.clock.now() - days * DAY
  const table = context.database(first).metricsTable(settings.table_key)
  await table.ensure()
  const only = others.length === 0 ? { batch: first.name } : {}
  const members = new Set(group.map(({ name }) => name))
  const found = (await table.summary({ since, ...only }, { signal })).filter(({ batch }) =>
    members.has(batch),
  )
  const heard = new Set(found.filter(hasValues).map(keyOf))
  const staleDays = Math.max(days, settings.dashboard_stale_metric_max_days_ago)
  const before = await table.summary({ since: since - staleDays * DAY, ...only }, { signal })
  return {
    metrics: found.map(totalsOf),
    silent: before
      .filter((each) => members.has(each.batch) && hasValues(each) && !heard.has(keyOf(each)))
      .map(({ batch, name, newest }) => ({ batch, metric: name, newest })),
  }
}

const keyOf = ({ batch, name }: MetricSummary) => JSON.stringify([batch, name])
const hasValues = ({ counts }: MetricSummary) => (counts.get('metric') ?? 0) > 0

function totalsOf({ batch, name, newest, counts }: MetricSummary): MetricTotals {
  const byKind = new Map<string, number>()
  for (const [type, kind] of Object.entries(ALERT_TYPES)) {
    const count = counts.get(type as keyof typeof ALERT_TYPES) ?? 0
    if (count > 0) byKind.set(kind, count)
  }
  const alerts = [...byKind.values()].reduce((sum, count) => sum + count, 0)
  const of = (type: MetricType) => counts.get(type) ?? 0
  return { batch, metric: name, newest, values: of('metric'), scores: of('score'), alerts, byKind }
}

/** By SQL of the batch's own: columns metric_batch, metric_name, metric_timestamp_max, n_metric, n_score, n_alert. */
async function readOwn(context: ProjectJobContext, batch: Batch): Promise<Totals> {
  const { settings, name, file } = batch
  const text = context.templates.render(settings.summary_sql, batch.variables, { batch: name, file })
  const rows = await context.database(batch).query(text, {
    signal: context.signal,
    timeoutMs: parseDuration(settings.query_timeout) ?? 600_000,
  })
  const own = rows.map(
    (row) => new Map(Object.entries(row).map(([column, value]) => [column.toLowerCase(), value])),
  )
  const missing = own[0] === undefined || own[0].has('metric_name') ? [] : ['metric_name']
  if (missing.length > 0)
    throw new AnomstackError('ROWS_INVALID', 'what summary_sql returns has no column metric_name', {
      at: { batch: name, file },
    })
  const metrics = own
    .filter((row) => (row.get('metric_batch') ?? name) === name)
    .map((row): MetricTotals => {
      const alerts = countOf(row.get('n_alert'))
      return {
        batch: name,
        metric: String(row.get('metric_name')),
        newest: parseTimestamp(row.get('metric_timestamp_max'), settings.time_zone) ?? Number.NaN,
        values: countOf(row.get('n_metric')),
        scores: countOf(row.get('n_score')),
        alerts,
        byKind: new Map(alerts > 0 ? [['anomaly', alerts]] : []),
      }
    })
  return { metrics, silent: [] }
}

function countOf(value: SqlRow[string]): number {
  const count = Number(value ?? 0)
  return Number.isFinite(count) ? count : 0
}

function byAlerts(a: MetricTotals, b: MetricTotals): number {
  if (a.alerts !== b.alerts) return b.alerts - a.alerts
  if (a.batch !== b.batch) return a.batch < b.batch ? -1 : 1
  return a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : 0
}
