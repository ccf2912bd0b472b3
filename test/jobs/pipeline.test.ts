import { describe, expect, it } from 'vitest'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, DAY, HOUR, justAfter, MINUTE, START, valuesSql } from './series.ts'

const spiked = (count: number, at: number, size = 60) =>
  calm(count).map((value, index) => (index === at ? value + size : value))

describe('pipeline', () => {
  it('ingests, trains, scores and raises one alert for a spike, however often it runs', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(100)) })
    const { app, run, points } = await openApp(dir)
    expect((await run('pipeline', 'a', justAfter(100))).status).toBe('succeeded')
    for (let count = 101; count <= 112; count++) {
      await writeFiles(dir, { 'a.sql': valuesSql(spiked(count, 104)) })
      expect((await run('pipeline', 'a', justAfter(count))).status).toBe('succeeded')
      expect((await run('pipeline', 'a', justAfter(count))).status).toBe('succeeded')
    }
    const alerts = await app.control.alerts.list({ limit: 100 })
    expect(alerts.map(({ kind }) => kind).sort()).toEqual(['anomaly', 'change'])
    expect(Array.from((await points('a', 'm', 'alert')).timestamps)).toEqual(
      alerts.filter(({ kind }) => kind === 'anomaly').map(({ timestamp }) => timestamp),
    )
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(112)
    const deliveries = await app.control.alerts.deliveries({ limit: 100 })
    expect(deliveries).toHaveLength(2)
  })

  it('records the steps of every stage', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(60)) })
    const { run } = await openApp(dir)
    const { steps } = await run('pipeline', 'a', justAfter(60))
    expect(steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'ingest/read',
        'ingest/write',
        'train/fit',
        'train/publish',
        'score/write',
        'alert/decide',
        'change/compare',
      ]),
    )
    expect(steps.find(({ name }) => name === 'ingest/write')?.result).toEqual({ rows: 60 })
  })

  it('trains only when the train schedule had a tick since the model in use was made', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', "train_cron_schedule: '0 * * * *'\n"),
      'a.sql': valuesSql(calm(50)),
    })
    const { run } = await openApp(dir)
    const trained = async (at: number) =>
      (await run('pipeline', 'a', at)).steps.some(({ name }) => name === 'train/fit')
    expect(await trained(START + 50 * MINUTE)).toBe(true)
    expect(await trained(START + 55 * MINUTE)).toBe(false)
    expect(await trained(START + 61 * MINUTE)).toBe(true)
  })

  it('goes on after a stage that failed, and fails as a whole', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(50)) })
    const { run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(50))
    await writeFiles(dir, { 'a.sql': 'select nonsense from nowhere' })
    const ended = await run('pipeline', 'a', justAfter(50))
    expect(ended.status).toBe('failed')
    expect(ended.error?.message).toMatch(/batch "a", a\.sql: .*nowhere/)
    expect((await points('a', 'm', 'score')).timestamps.length).toBeGreaterThan(0)
  })

  it('looks at every point that was scored since it last looked, so that none is passed over after downtime', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(200)) })
    const { app, run } = await openApp(dir)
    await run('pipeline', 'a', justAfter(200))
    await writeFiles(dir, { 'a.sql': valuesSql(spiked(222, 204)) })
    await run('pipeline', 'a', justAfter(222))
    const anomalies = await app.control.alerts.list({ kind: 'anomaly', limit: 10 })
    expect(anomalies.length).toBeGreaterThan(0)
    expect(Math.abs(anomalies.at(-1)!.timestamp - (START + 204 * MINUTE))).toBeLessThan(5 * MINUTE)
  })
})

describe('bugs of the original', () => {
  it('2.1: ingesting the same rows again adds none', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(5)) })
    const { run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(5))
    await run('ingest', 'a', justAfter(5))
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(5)
  })

  it('2.1: a query without rows is no failure', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': `${valuesSql([1])} limit 0` })
    const { run } = await openApp(dir)
    const ended = await run('ingest', 'a', START)
    expect(ended.status).toBe('succeeded')
    expect(ended.logs).toContain('batch "a": ingest found no rows')
  })

  it('2.1: a threshold alert is delivered, its row says what was breached, and it is raised once', async () => {
    const more =
      'disable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {m: {upper: 90}}\n'
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql([50, 95]) })
    const { app, run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(2))
    await run('ingest', 'a', justAfter(2))
    const [alert, ...others] = await app.control.alerts.list({ limit: 10 })
    expect(others).toEqual([])
    expect(alert).toMatchObject({ kind: 'threshold', value: 95, timestamp: START + MINUTE })
    expect(await app.control.alerts.deliveries({ alertId: alert!.id, limit: 10 })).toMatchObject([
      { channel: 'console', status: 'pending' },
    ])
    const rows = await points('a', 'm', 'tholdalert')
    expect(JSON.parse(rows.metadata![0]!)).toMatchObject({
      thresholds: { upper: 90 },
      breached_threshold_type: 'upper',
      breached_threshold_value: 90,
      metric_value_at_breach: 95,
    })
  })

  it('2.2: with 14 points a metric trains on all of them, with 13 it is learning', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(13)) })
    const { run } = await openApp(dir)
    await run('ingest', 'a', justAfter(13))
    const early = await run('train', 'a', justAfter(13))
    expect(early.status).toBe('succeeded')
    expect(early.logs).toContain('metric "m" is learning, 13 of 14 points')
    await writeFiles(dir, { 'a.sql': valuesSql(calm(14)) })
    await run('ingest', 'a', justAfter(14))
    const enough = await run('train', 'a', justAfter(14))
    expect(enough.steps.find(({ name }) => name === 'fit')?.result).toEqual({ fitted: 1 })
  })

  it('2.2: a metric that cannot train does not keep the others from training', async () => {
    const sql = `${valuesSql(calm(40), { name: 'good' })} union all ${valuesSql(calm(14), { name: 'short' })} union all ${valuesSql([1], { name: 'a/b' })}`
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'model_configs: [{model_name: KNN, model_params: {n_neighbors: 20}}]\n'),
      'a.sql': sql,
    })
    const { run, points } = await openApp(dir)
    const ended = await run('pipeline', 'a', justAfter(40))
    expect(ended.error?.message).toMatch(/metric "short"/)
    expect((await points('a', 'good', 'score')).timestamps.length).toBeGreaterThan(0)
  })

  it('2.2: a metric with a slash in its name trains and scores', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a'),
      'a.sql': valuesSql(calm(40), { name: '../a/b' }),
    })
    const { run, points } = await openApp(dir)
    expect((await run('pipeline', 'a', justAfter(40))).status).toBe('succeeded')
    expect((await points('a', '../a/b', 'score')).timestamps.length).toBeGreaterThan(0)
  })

  it('2.3 BUG A: scoring again adds no rows and changes none', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql(calm(60)) })
    const { run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(60))
    const first = await points('a', 'm', 'score')
    const again = await run('score', 'a', justAfter(60) + MINUTE)
    expect(again.steps.find(({ name }) => name === 'find unscored')?.result).toEqual({
      metrics: 0,
      points: 0,
    })
    expect(await points('a', 'm', 'score')).toEqual(first)
    expect(first.timestamps).toHaveLength(25)
  })

  it('2.3 BUG B: a metric without a model is learning; the others are scored', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a'),
      'a.sql': valuesSql(calm(40), { name: 'old' }),
    })
    const { run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(40))
    await writeFiles(dir, {
      'a.sql': `${valuesSql(calm(42), { name: 'old' })} union all ${valuesSql(calm(42), { name: 'new' })}`,
    })
    await run('ingest', 'a', justAfter(42))
    const ended = await run('score', 'a', justAfter(42))
    expect(ended.status).toBe('succeeded')
    expect(ended.logs).toContain('metric "new" is learning: it has no model yet')
    expect((await points('a', 'old', 'score')).timestamps.at(-1)).toBe(START + 41 * MINUTE)
    expect((await points('a', 'new', 'score')).timestamps).toHaveLength(0)
  })

  it('2.3 BUG C: with freq, scores stand on the resampled grid and raise alerts', async () => {
    const more =
      'preprocess_params: {diff_n: 1, smooth_n: 1, lags_n: 2, freq: 10min, freq_agg: mean}\nalert_smooth_n: 1\n'
    const values = calm(600).map((value, index) => (index >= 570 && index < 580 ? value + 500 : value))
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql(calm(560)) })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(560))
    await writeFiles(dir, { 'a.sql': valuesSql(values) })
    await run('pipeline', 'a', START + 580 * MINUTE + 1000)
    const scores = await points('a', 'm', 'score')
    expect(scores.timestamps.every((timestamp) => timestamp % (10 * MINUTE) === 0)).toBe(true)
    const [alert] = await app.control.alerts.list({ kind: 'anomaly', limit: 1 })
    expect(alert?.timestamp).toBe(START + 570 * MINUTE)
  })

  it('2.4: what was raised is stored once, in both databases, and its delivery is on record', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'alert_always: true\ndisable_change: true\n'),
      'a.sql': valuesSql(calm(60)),
    })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(60))
    await app.pump.drain(new AbortController().signal)
    const alerts = await app.control.alerts.list({ limit: 10 })
    expect(alerts).toHaveLength(1)
    expect((await points('a', 'm', 'alert')).timestamps).toEqual(Float64Array.of(alerts[0]!.timestamp))
    expect(await app.control.alerts.deliveries({ alertId: alerts[0]!.id, limit: 10 })).toMatchObject([
      { status: 'delivered', channel: 'console' },
    ])
  })

  it('2.6: change detection fires on a jump, once', async () => {
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': valuesSql([...calm(30, 10), 1000]) })
    const { app, run, points } = await openApp(dir)
    await run('ingest', 'a', justAfter(31))
    await run('change', 'a', justAfter(31))
    await run('change', 'a', justAfter(31))
    expect(await app.control.alerts.list({ kind: 'change', limit: 10 })).toHaveLength(1)
    expect((await points('a', 'm', 'change')).timestamps).toEqual(Float64Array.of(START + 30 * MINUTE))
  })

  it('2.9: delete removes the rows of the batch that are older than delete_after_n_days, and no others', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'delete_after_n_days: 10\n'),
      'b.yaml': batchYaml('b'),
      'a.sql': valuesSql(calm(30), { stepMs: DAY }),
      'b.sql': valuesSql(calm(30), { stepMs: DAY }),
    })
    const { run, points } = await openApp(dir)
    const now = START + 30 * DAY
    await run('ingest', 'a', now)
    await run('ingest', 'b', now)
    expect((await run('delete', 'a', now)).status).toBe('succeeded')
    expect((await points('a', 'm', 'metric')).timestamps[0]).toBe(START + 20 * DAY)
    expect((await points('b', 'm', 'metric')).timestamps).toHaveLength(30)
  })

  it('3.1 bug 6: excluded metrics are named as they are, without quotes of their own', async () => {
    const more =
      'alert_always: true\nalert_exclude_metrics: ["it\'s"]\ntrain_exclude_metrics: [untrained]\ndisable_change: true\n'
    const names = ['ok', 'untrained']
    const sql = [
      ...names.map((name) => valuesSql(calm(40), { name })),
      valuesSql(calm(40), { name: "it''s" }),
    ].join(' union all ')
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': sql })
    const { app, run } = await openApp(dir)
    await run('pipeline', 'a', justAfter(40))
    expect((await app.control.alerts.list({ limit: 10 })).map(({ metric }) => metric)).toEqual(['ok'])
  })

  it('3.5: a metric with one point does not keep change detection from the others', async () => {
    const sql = `${valuesSql([5], { name: 'lone' })} union all ${valuesSql([...calm(30), 1000], { name: 'jumps' })}`
    const dir = await createProject({ 'a.yaml': batchYaml('a'), 'a.sql': sql })
    const { app, run } = await openApp(dir)
    await run('ingest', 'a', justAfter(31))
    expect((await run('change', 'a', justAfter(31))).status).toBe('succeeded')
    expect((await app.control.alerts.list({ limit: 10 })).map(({ metric }) => metric)).toEqual(['jumps'])
  })
})

describe('classic false alarms', () => {
  it('running bucket: a day is not judged before it has ended', async () => {
    const values = [...calm(59), 2]
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'train_metric_timestamp_max_days_ago: 365\n'),
      'a.sql': valuesSql(values, { stepMs: DAY }),
    })
    const { app, run, points } = await openApp(dir)
    const lastDay = START + 59 * DAY
    await run('pipeline', 'a', lastDay + 3 * HOUR)
    expect((await points('a', 'm', 'score')).timestamps.at(-1)).toBe(lastDay - DAY)
    expect(await app.control.alerts.list({ limit: 10 })).toEqual([])
    await run('pipeline', 'a', lastDay + DAY + MINUTE)
    expect((await points('a', 'm', 'score')).timestamps.at(-1)).toBe(lastDay)
    expect(
      (await app.control.alerts.list({ kind: 'change', limit: 10 })).map(({ timestamp }) => timestamp),
    ).toEqual([lastDay])
  })

  it('settle: a bucket is judged only after it has settled', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'settle: 2h\n'),
      'a.sql': valuesSql(calm(60), { stepMs: HOUR }),
    })
    const { run, points } = await openApp(dir)
    const last = START + 59 * HOUR
    await run('pipeline', 'a', last + 2 * HOUR)
    expect((await points('a', 'm', 'score')).timestamps.at(-1)).toBe(last - HOUR)
    await run('score', 'a', last + 3 * HOUR)
    expect((await points('a', 'm', 'score')).timestamps.at(-1)).toBe(last)
  })

  it('value restated: the point is scored again, and its alert is marked as revised', async () => {
    const more =
      'alert_smooth_n: 1\ndisable_change: true\npreprocess_params: {diff_n: 1, smooth_n: 1, lags_n: 0}\n'
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql(calm(80)) })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(80))
    await writeFiles(dir, { 'a.sql': valuesSql(spiked(81, 80)) })
    await run('pipeline', 'a', justAfter(81))
    const [alert] = await app.control.alerts.list({ limit: 10 })
    expect(alert).toMatchObject({ timestamp: START + 80 * MINUTE })
    expect(alert?.revisedAt).toBeUndefined()
    const before = (await points('a', 'm', 'score')).values.at(-1)
    await writeFiles(dir, { 'a.sql': valuesSql(calm(81)) })
    await run('pipeline', 'a', justAfter(81) + MINUTE)
    expect((await points('a', 'm', 'score')).values.at(-1)).toBeLessThan(before!)
    expect((await app.control.alerts.get(alert!.id))?.revisedAt).toBe(justAfter(81) + MINUTE)
    expect(await app.control.alerts.list({ limit: 10 })).toHaveLength(1)
  })

  it('value restated: a point that was calm and turns out strange raises its alert late, once', async () => {
    const more =
      'alert_smooth_n: 1\ndisable_change: true\npreprocess_params: {diff_n: 1, smooth_n: 1, lags_n: 0}\n'
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': valuesSql(calm(80)) })
    const { app, run } = await openApp(dir)
    await run('pipeline', 'a', justAfter(80))
    await writeFiles(dir, { 'a.sql': valuesSql(spiked(85, 78)) })
    await run('pipeline', 'a', justAfter(85))
    await run('pipeline', 'a', justAfter(85))
    expect((await app.control.alerts.list({ limit: 10 })).map(({ timestamp }) => timestamp)).toEqual([
      START + 78 * MINUTE,
    ])
  })

  it('missing row for zero: `missing: zero` fills the days without a row, and late data replaces the zero', async () => {
    const holed = calm(30).map((value, index) => (index === 27 || index === 28 ? Number.NaN : value))
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'missing: zero\n'),
      'a.sql': valuesSql(holed, { stepMs: DAY }),
    })
    const { run, points } = await openApp(dir)
    await run('ingest', 'a', START + 31 * DAY + HOUR)
    const filled = await points('a', 'm', 'metric')
    expect(Array.from(filled.values.slice(27))).toEqual([0, 0, filled.values[29], 0])
    await writeFiles(dir, { 'a.sql': valuesSql(calm(30), { stepMs: DAY }) })
    await run('ingest', 'a', START + 31 * DAY + HOUR)
    expect((await points('a', 'm', 'metric')).values[27]).toBeCloseTo(calm(30)[27]!, 3)
  })

  it('missing rows: `missing: alert` raises one alert for a gap, however long it grows', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'missing: alert\n'),
      'a.sql': valuesSql(calm(30), { stepMs: HOUR }),
    })
    const { app, run } = await openApp(dir)
    const last = START + 29 * HOUR
    await run('ingest', 'a', last + HOUR + MINUTE)
    expect(await app.control.alerts.list({ limit: 10 })).toEqual([])
    for (const hours of [2, 3, 4]) await run('ingest', 'a', last + hours * HOUR + MINUTE)
    expect(await app.control.alerts.list({ limit: 10 })).toMatchObject([
      { kind: 'missing-data', timestamp: last + HOUR },
    ])
  })

  it('constant series: it is scored 0 and never alerts', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a'),
      'a.sql': valuesSql(new Array<number>(50).fill(7)),
    })
    const { app, run, points } = await openApp(dir)
    expect((await run('pipeline', 'a', justAfter(50))).status).toBe('succeeded')
    expect(new Set((await points('a', 'm', 'score')).values)).toEqual(new Set([0]))
    expect(await app.control.alerts.list({ limit: 10 })).toEqual([])
  })
})
