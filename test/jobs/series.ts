/** A query that returns these values as a metric, one each `stepMs` from `start` on; NaN leaves a point out. */
export function valuesSql(
  values: readonly number[],
  { name = 'm', start = START, stepMs = MINUTE } = {},
): string {
  const rows = values.flatMap((value, index) =>
    Number.isNaN(value) ? [] : [`(${start + index * stepMs}, ${value})`],
  )
  return `select * from (with v(t, x) as (values ${rows.join(', ')}) select t as metric_timestamp, '${name}' as metric_name, x as metric_value from v) as s`
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const START = Date.UTC(2024, 0, 1)

/** Calm values around 100 that repeat no pattern. */
export function calm(count: number, level = 100): number[] {
  return Array.from({ length: count }, (_, i) => level + Math.sin(i * 1.7) + Math.cos(i * 0.61) * 0.7)
}

/** The time just after the last of `count` points. */
export function justAfter(count: number, { start = START, stepMs = MINUTE } = {}): number {
  return start + (count - 1) * stepMs + 1000
}

/** A batch on SQLite whose query reads a file that a test can change. */
export function batchYaml(name: string, more = ''): string {
  return `metric_batch: ${name}\ndb: sqlite\nalert_methods: console\ningest_sql: '{% include "./${name}.sql" %}'\n${more}`
}

/** The detectors of the original's defaults. */
export const ORIGINAL_MODELS = 'model_configs: [{model_name: PCA}, {model_name: KNN}]\n'
