import { describe, expect, it } from 'vitest'
import { calm, DAY, HOUR, justAfter, MINUTE, START, valuesSql } from '../jobs/series.ts'
import { sharedProject } from './shared-project.ts'

const COUNT = 50
const NOW = justAfter(COUNT)

const project = sharedProject()
const { run, points } = project
const ofCalm = (more: string) => project.batch(valuesSql(calm(COUNT)), more)

describe('score_sql of the batch’s own', () => {
  const early = ofCalm(`score_sql: >
  select metric_timestamp, metric_name, metric_value from {{ table_key }}
  where metric_batch = '{{ metric_batch }}' and metric_type = 'metric' and metric_timestamp < '2024-01-01 00:45:00'
`)
  const failing = [
    ['that the engine refuses', 'selec 1', /^batch "b\d+": .*syntax error/s],
    [
      'that lacks a column',
      'select 1 as metric_timestamp, 2 as metric_value',
      /^batch "b\d+", b\d+\.yaml \(score_sql\): the rows have no metric_name/,
    ],
    ['that is no template', 'select {{ oops', /^batch "b\d+", b\d+\.yaml: syntax error: .*select \{\{ oops/s],
  ] as const
  const cases = failing.map(([how, sql, message]) => ({
    how,
    message,
    batch: ofCalm(`score_sql: '${sql}'\n`),
  }))
  const empty = ofCalm('score_sql: select 1 as metric_value where 1 = 0\n')

  it('decides which points are scored; the decision what is unscored stays built in', async () => {
    expect((await run('pipeline', early, NOW)).status).toBe('succeeded')
    const scored = await points(early, 'm', 'score')
    expect(scored.timestamps.at(-1)).toBe(START + 44 * MINUTE)
    const again = await run('score', early, NOW)
    expect(again.steps.find(({ name }) => name === 'find unscored')?.result).toMatchObject({ points: 0 })
  })

  it.each(cases)(
    '$how fails the stage with an error that says where; the other stages run',
    async ({ batch, message }) => {
      const ended = await run('pipeline', batch, NOW)
      expect(ended.status).toBe('failed')
      expect(ended.error?.message).toMatch(message)
      expect((await points(batch, 'm', 'metric')).timestamps).toHaveLength(COUNT)
      expect(
        ended.steps.some(({ name, status }) => name === 'change/compare' && status === 'succeeded'),
      ).toBe(true)
    },
  )

  it('that returns nothing scores nothing, and is no failure', async () => {
    expect((await run('pipeline', empty, NOW)).status).toBe('succeeded')
    expect((await points(empty, 'm', 'score')).timestamps).toHaveLength(0)
  })
})

describe('alert_sql of the batch’s own', () => {
  const batch = ofCalm(`alert_smooth_n: 1
disable_change: true
alert_sql: >
  select metric_timestamp, metric_name, metric_value, case when metric_timestamp = max(metric_timestamp) over () then 0.95 else 0.1 end as metric_score
  from {{ table_key }} where metric_batch = '{{ metric_batch }}' and metric_type = 'metric'
`)

  it('may bring its own scores, which are smoothed and compared as usual', async () => {
    await run('pipeline', batch, NOW)
    await run('pipeline', batch, NOW + MINUTE)
    expect(await project.app().control.alerts.list({ batch, limit: 10 })).toMatchObject([
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

  const spiked = calm(COUNT).map((value, index) => (index === COUNT - 1 ? value + 50 : value))
  const typescript = project.batch(
    valuesSql(spiked.slice(0, -1)),
    inline(`type Series = { timestamps: Float64Array; values: Float64Array }
export function preprocess({ values }: Series): number[][] {
  const median = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
  return Array.from(values, (value) => [Math.abs(value - median)])
}`),
  )
  const failing = [
    ['that throws', "export const preprocess = () => { throw new Error('no such luck') }", /no such luck/],
    ['that returns a text', "export const preprocess = () => 'rows'", /rows/],
    ['with rows of many widths', 'export const preprocess = () => [[1], [1, 2]]', /columns/],
    ['with a syntax error', 'export const preprocess = (', /b\d+\.yaml/],
    ['that exports something else', 'export const process = () => []', /preprocess/],
    ['that never ends', 'export const preprocess = () => { for (;;) ; }', /(took longer|time limit|stopped)/],
  ] as const
  const cases = failing.map(([how, text, message]) => ({
    how,
    message,
    // A busy machine takes its time to start a function; only one is to be stopped.
    batch: ofCalm(`${inline(text)}function_timeout: ${how === 'that never ends' ? '2s' : '60s'}\n`),
  }))
  const partly = project.batch(
    ['good', 'bad']
      .map((name) => valuesSql(calm(COUNT, name === 'bad' ? 2000 : 100), { name }))
      .join(' union all '),
    inline(`export function preprocess({ values }) {
  if (values[0] > 1000) throw new Error('too much')
  return Array.from(values, (value) => [value])
}`),
  )

  it('in TypeScript makes the rows that are learned from and judged', async () => {
    expect(await run('pipeline', typescript, NOW - MINUTE)).toMatchObject({ status: 'succeeded' })
    expect((await points(typescript, 'm', 'score')).timestamps).toHaveLength(25)
    await project.query(typescript, valuesSql(spiked))
    expect(await run('pipeline', typescript, NOW)).toMatchObject({ status: 'succeeded' })
    expect((await points(typescript, 'm', 'score')).values.at(-1)).toBe(1)
    const alerts = await project.app().control.alerts.list({ batch: typescript, limit: 10 })
    expect(alerts.map(({ timestamp }) => timestamp)).toContain(START + (COUNT - 1) * MINUTE)
  })

  it.each(cases)(
    '$how fails the stage with an error that names the batch and says why',
    async ({ batch, message }) => {
      const ended = await run('pipeline', batch, NOW)
      expect(ended.status).toBe('failed')
      expect(ended.error?.message).toMatch(`batch "${batch}"`)
      expect(ended.error?.message).toMatch(message)
      expect((await points(batch, 'm', 'metric')).timestamps).toHaveLength(COUNT)
    },
  )

  it('that fails for one metric leaves the others alone', async () => {
    const ended = await run('pipeline', partly, NOW)
    expect(ended.error?.message).toMatch(/metric "bad".*too much/s)
    expect(ended.error?.message).not.toMatch(/metric "good"/)
    expect((await points(partly, 'good', 'score')).timestamps.length).toBeGreaterThan(0)
  })
})

describe('deletion', () => {
  const own = project.batch(
    valuesSql([99, 100, 101, 98]),
    "delete_sql: delete from {{ table_key }} where metric_batch = '{{ metric_batch }}' and metric_value < 100\n",
  )
  const wrong = ofCalm('delete_sql: delete from nowhere\n')
  const aged = project.batch(
    valuesSql([...calm(30), 200], { stepMs: HOUR }),
    `delete_after_n_days: 10
disable_tholdalert: false
tholdalert_methods: console
tholdalert_thresholds: {m: {upper: 150}}
`,
  )

  it('by delete_sql of the batch’s own deletes what that says, and nothing else', async () => {
    await run('ingest', own, NOW)
    await run('ingest', wrong, NOW)
    expect(await run('delete', own, NOW)).toMatchObject({ status: 'succeeded' })
    expect(Array.from((await points(own, 'm', 'metric')).values)).toEqual([100, 101])
    expect((await points(wrong, 'm', 'metric')).timestamps).toHaveLength(COUNT)
  })

  it('by a delete_sql with an error fails and deletes nothing', async () => {
    await run('ingest', wrong, NOW)
    const ended = await run('delete', wrong, NOW)
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'QUERY_FAILED' } })
    expect(ended.error?.message).toMatch(/^batch "b\d+".*nowhere/)
    expect((await points(wrong, 'm', 'metric')).timestamps).toHaveLength(COUNT)
  })

  it('is for good: rows of alerts that were deleted because of their age do not come back', async () => {
    await run('pipeline', aged, START + 32 * HOUR)
    expect((await points(aged, 'm', 'tholdalert')).timestamps).toHaveLength(1)
    expect((await project.app().control.alerts.list({ batch: aged, limit: 10 })).length).toBeGreaterThan(1)
    const later = START + 20 * DAY
    await project.query(aged, valuesSql(calm(30), { stepMs: HOUR, start: later - 2 * DAY }))
    await run('ingest', aged, later)
    await run('delete', aged, later)
    await run('pipeline', aged, later)
    for (const type of ['tholdalert', 'change', 'alert'] as const)
      expect((await points(aged, 'm', type)).timestamps.filter((at) => at < START + 40 * HOUR)).toHaveLength(
        0,
      )
  })
})
