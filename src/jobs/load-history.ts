import { isStockTemplate } from '../config/stock-templates.ts'
import { parseDuration } from '../core/duration.ts'
import type { MetricRow, MetricType } from '../core/metric-row.ts'
import type { History, HistoryQuery, Points, SqlRow } from '../databases/database.ts'
import type { JobContext } from './job.ts'
import { toMetricRows } from './metric-rows.ts'

type OverridableSql = 'train_sql' | 'score_sql' | 'alert_sql' | 'change_sql' | 'dashboard_sql'

/** Where the history of a batch comes from. */
export interface HistorySource extends Pick<JobContext, 'batch' | 'database' | 'table' | 'templates'> {
  readonly signal?: AbortSignal
}

/** The history that a job looks at: the metrics table's; or, where the batch has its own SQL in place of the built-in query, the values
 * (columns metric_timestamp, metric_name, metric_value) and scores (metric_score) that it returns, with the recorded events beside them. */
export async function loadHistory(
  context: HistorySource,
  key: OverridableSql,
  query: Omit<HistoryQuery, 'batch'>,
): Promise<History> {
  const { batch, signal } = context
  const options = signal === undefined ? {} : { signal }
  const sql = batch.settings[key]
  if (isStockTemplate(key, sql)) return context.table.history({ batch: batch.name, ...query }, options)

  const text = context.templates.render(sql, batch.variables, { batch: batch.name, file: batch.file })
  const raw = await context.database.query(text, {
    ...options,
    timeoutMs: parseDuration(batch.settings.query_timeout) ?? 600_000,
  })
  const returned = new Map<MetricType, ReadonlyMap<string, Points>>()
  for (const type of ['metric', 'score'] as const) {
    const column = columnNamed(raw, `metric_${type === 'metric' ? 'value' : 'score'}`)
    if (column !== undefined) returned.set(type, pointsOf(context, key, raw, column))
  }
  const types = query.types.filter((type) => !returned.has(type))
  const recorded =
    types.length === 0
      ? new Map()
      : await context.table.history({ batch: batch.name, ...query, types }, options)
  return join(returned, recorded)
}

function columnNamed(raw: readonly SqlRow[], name: string): string | undefined {
  return Object.keys(raw[0] ?? {}).find((column) => column.toLowerCase() === name)
}

function pointsOf(
  context: HistorySource,
  key: OverridableSql,
  raw: readonly SqlRow[],
  column: string,
): Map<string, Points> {
  const { batch } = context
  const { rows } = toMetricRows(
    raw.map((row) => ({ ...row, metric_value: row[column] })),
    {
      batch: batch.name,
      file: `${batch.file} (${key})`,
      timeZone: batch.settings.time_zone,
      rounding: 15,
      thresholds: {},
    },
  )
  const byName = new Map<string, MetricRow[]>()
  for (const row of rows) {
    const group = byName.get(row.name)
    if (group === undefined) byName.set(row.name, [row])
    else group.push(row)
  }
  const points = new Map<string, Points>()
  for (const [name, group] of byName) {
    group.sort((a, b) => a.timestamp - b.timestamp)
    points.set(name, {
      timestamps: Float64Array.from(group, (row) => row.timestamp),
      values: Float64Array.from(group, (row) => row.value),
    })
  }
  return points
}

/** Metrics are those that the SQL returned; what the table records of others is left out. */
function join(returned: ReadonlyMap<MetricType, ReadonlyMap<string, Points>>, recorded: History): History {
  const history = new Map<string, ReadonlyMap<MetricType, Points>>()
  for (const name of returned.get('metric')?.keys() ?? []) {
    const types = new Map(recorded.get(name))
    for (const [type, points] of returned) {
      const own = points.get(name)
      if (own !== undefined) types.set(type, own)
    }
    history.set(name, types)
  }
  return history
}
