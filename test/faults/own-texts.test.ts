import { describe, expect, it } from 'vitest'
import { batchYaml, calm, DAY, HOUR, justAfter, MINUTE, START, valuesSql } from '../jobs/series.ts'
import { createProject, openApp, writeFiles } from '../project.ts'

const COUNT = 50
const NOW = justAfter(COUNT)

/** A project of one batch with more keys, ready to be run. */
async function project(more: string, values: readonly number[] = calm(COUNT)) {
  const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql(values) })
  return { dir, ...(await openApp(dir)) }
}

describe('score_sql of the batch’s own', () => {
  it('decides which points are scored; the decision what is unscored stays built in', async () => {
    const sql = `score_sql: >
  select metric_timestamp, metric_name, metric_value from {{ table_key }}
  where metric_batch = '{{ metric_batch }}' and metric_type = 'metric' and metric_timestamp < '2024-01-01 00:45:00'
`
    const { run, points } = await project(sql)
    expect((await run('pipeline', 'a', NOW)).status).toBe('succeeded')
    const scored = await points('a', 'm', 'score')
    expect(scored.timestamps.at(-1)).toBe(START + 44 * MINUTE)
    const again = await run('score', 'a', NOW)
    expect(again.steps.find(({ name }) => name === 'find unscored')?.result).toMatchObject({ points: 0 })
  })

  it.each([
    ['that the engine refuses', 'selec 1', /batch "a".*syntax error/s],
    [
      'that lacks a column',
      'select 1 as metric_timestamp, 2 as metric_value',
      /batch "a", a\.yaml \(score_sql\): the rows have no metric_name/,
    ],
    ['that is no template', 'select {{ oops', /batch "a".*(score_sql|a\.yaml)/s],
  ])('%s fails the stage with an error that says where; the other stages run', async (_, sql, message) => {
    const { app, run, points } = await project(`score_sql: '${sql}'\n`)
    if (!app.project.batches.has('a')) {
      expect(JSON.stringify(app.project.faults)).toMatch(/score_sql/)
      return
    }
    const ended = await run('pipeline', 'a', NOW)
    expect(ended.status).toBe('failed')
    expect(ended.error?.message).toMatch(message)
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(COUNT)
    expect(ended.steps.some(({ name, status }) => name === 'change/compare' && status === 'succeeded')).toBe(
      true,
    )
  })

  it('that returns nothing scores nothing, and is no failure', async () => {
    const { run, points } = await project('score_sql: select 1 as metric_value where 1 = 0\n')
    expect((await run('pipeline', 'a', NOW)).status).toBe('succeeded')
    expect((await points('a', 'm', 'score')).timestamps).toHaveLength(0)
  })
})

describe('alert_sql of the batch’s own', () => {
  it('may bring its own scores, which are smoothed and compared as usual', async () => {
    const sql = `alert_smooth_n: 1
disable_change: true
alert_sql: >
  select metric_timestamp, metric_name, metric_value, case when metric_timestamp = max(metric_timestamp) over () then 0.95 else 0.1 end as metric_score
  from {{ table_key }} where metric_batch = '{{ metric_batch }}' and metric_type = 'metric'
`
    const { app, run } = await project(sql)
    await run('pipeline', 'a', NOW)
    await run('pipeline', 'a', NOW + MINUTE)
    expect(await app.control.alerts.list({ limit: 10 })).toMatchObject([
      { kind: 'anomaly', timestamp: START + (COUNT - 1) * MINUTE, score: 0.95 },
    ])
  })
})

describe('preprocess_fn of the batch’s own', () => {
  const inline = (body: string) =>
    `alert_smooth_n: 1\ndisable_change: true\npreprocess_fn: |\n${body
      .split('\n')
      .map((line) => `  ${line}`)
      .join('\n')}\n`

  it('in TypeScript makes the rows that are learned from and judged', async () => {
    const values = calm(COUNT).map((value, index) => (index === COUNT - 1 ? value + 50 : value))
    const more = inline(`type Series = { timestamps: Float64Array; values: Float64Array }
export function preprocess({ values }: Series): number[][] {
  const median = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
  return Array.from(values, (value) => [Math.abs(value - median)])
}`)
    const { dir, app, run, points } = await project(more, values.slice(0, -1))
    expect(await run('pipeline', 'a', NOW - MINUTE)).toMatchObject({ status: 'succeeded' })
    expect((await points('a', 'm', 'score')).timestamps).toHaveLength(25)
    await writeFiles(dir, { 'a.sql': valuesSql(values) })
    expect(await run('pipeline', 'a', NOW)).toMatchObject({ status: 'succeeded' })
    expect((await points('a', 'm', 'score')).values.at(-1)).toBe(1)
    expect((await app.control.alerts.list({ limit: 10 })).map(({ timestamp }) => timestamp)).toContain(
      START + (COUNT - 1) * MINUTE,
    )
  })

  it.each([
    ['that throws', "export const preprocess = () => { throw new Error('no such luck') }", /no such luck/],
    ['that returns a text', "export const preprocess = () => 'rows'", /batch "a".*rows/s],
    ['with rows of many widths', 'export const preprocess = () => [[1], [1, 2]]', /columns/],
    ['with a syntax error', 'export const preprocess = (', /a\.yaml/],
    ['that exports something else', 'export const process = () => []', /preprocess/],
    ['that never ends', 'export const preprocess = () => { for (;;) ; }', /(took longer|time limit|stopped)/],
  ])('%s fails the stage with an error that names the batch and says why', async (_, text, message) => {
    const { run, points } = await project(`${inline(text)}function_timeout: 2s\n`)
    const ended = await run('pipeline', 'a', NOW)
    expect(ended.status).toBe('failed')
    expect(ended.error?.message).toMatch(/batch "a"/)
    expect(ended.error?.message).toMatch(message)
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(COUNT)
  })

  it('that fails for one metric leaves the others alone', async () => {
    const sql = ['good', 'bad'].map((name) => valuesSql(calm(COUNT), { name })).join(' union all ')
    const dir = await createProject({
      'a.yaml': batchYaml(
        'a',
        inline(`let calls = 0
export function preprocess({ values }) {
  if (values[0] > 1000) throw new Error('too much')
  return Array.from(values, (value) => [value])
}`),
      ),
      'a.sql': sql.replaceAll("'bad' as metric_name, ", "'bad' as metric_name, 1000 + "),
    })
    const { run, points } = await openApp(dir)
    const ended = await run('pipeline', 'a', NOW)
    expect(ended.error?.message).toMatch(/metric "bad".*too much/s)
    expect(ended.error?.message).not.toMatch(/metric "good"/)
    expect((await points('a', 'good', 'score')).timestamps.length).toBeGreaterThan(0)
  })
})

describe('deletion', () => {
  it('by delete_sql of the batch’s own deletes what that says, and nothing else', async () => {
    const sql =
      "delete_sql: delete from {{ table_key }} where metric_batch = '{{ metric_batch }}' and metric_value < 100\n"
    const { run, points } = await project(sql, [99, 100, 101, 98])
    await run('ingest', 'a', NOW)
    expect(await run('delete', 'a', NOW)).toMatchObject({ status: 'succeeded' })
    expect(Array.from((await points('a', 'm', 'metric')).values)).toEqual([100, 101])
  })

  it('by a delete_sql with an error fails and deletes nothing', async () => {
    const { run, points } = await project('delete_sql: delete from nowhere\n')
    await run('ingest', 'a', NOW)
    const ended = await run('delete', 'a', NOW)
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'QUERY_FAILED' } })
    expect(ended.error?.message).toMatch(/^batch "a".*nowhere/)
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(COUNT)
  })

  it('is for good: rows of alerts that were deleted because of their age do not come back', async () => {
    const more = `delete_after_n_days: 10
change_metric_timestamp_max_days_ago: 45
disable_tholdalert: false
tholdalert_methods: console
tholdalert_thresholds: {m: {upper: 150}}
`
    const dir = await createProject({
      'a.yaml': batchYaml('a', more),
      'a.sql': valuesSql([...calm(30), 200], { stepMs: HOUR }),
    })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', START + 32 * HOUR)
    expect((await points('a', 'm', 'tholdalert')).timestamps).toHaveLength(1)
    expect((await app.control.alerts.list({ limit: 10 })).length).toBeGreaterThan(1)
    const later = START + 20 * DAY
    await writeFiles(dir, { 'a.sql': valuesSql(calm(30), { stepMs: HOUR, start: later - 2 * DAY }) })
    await run('ingest', 'a', later)
    await run('delete', 'a', later)
    await run('pipeline', 'a', later)
    for (const type of ['tholdalert', 'change', 'alert'] as const)
      expect((await points('a', 'm', type)).timestamps.filter((at) => at < START + 40 * HOUR)).toHaveLength(0)
  })
})
