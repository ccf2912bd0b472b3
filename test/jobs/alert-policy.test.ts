import { describe, expect, it } from 'vitest'
import type { MetricRow } from '../../src/core/metric-row.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, HOUR, justAfter, MINUTE, START, valuesSql } from './series.ts'

interface Scored {
  readonly score: number
  readonly value?: number
  readonly expected?: number
  readonly strangeness?: number
  readonly level?: number
  readonly begins?: boolean
}

/** A batch whose score rows are written by hand, one each `stepMs`. */
async function openScored(more: string, { stepMs = MINUTE, project = '' } = {}) {
  const dir = await createProject({
    'anomstack.yaml': project,
    'a.yaml': batchYaml('a', more),
    'a.sql': valuesSql(calm(2)),
  })
  const opened = await openApp(dir)
  const { app } = opened
  const batch = app.project.batches.get('a')
  if (batch === undefined) throw new Error(JSON.stringify(app.project.faults))
  const table = app.database(batch).metricsTable(batch.settings.table_key)
  await table.ensure()
  let now = START
  let count = 0
  return {
    ...opened,
    table,
    /** Writes the scores of the next points and looks at them. */
    async look(...points: readonly Scored[]) {
      const rows = points.map((point, index): MetricRow => {
        const { score, value = 100, expected = 100, ...verdict } = point
        const note = { value, expected, lower: 90, upper: 110, reason: '', scored_at: now + 1, ...verdict }
        const timestamp = START + (count + index) * stepMs
        return {
          timestamp,
          batch: 'a',
          name: 'm',
          type: 'score',
          value: score,
          metadata: JSON.stringify(note),
        }
      })
      count += points.length
      await table.upsert(rows)
      now = Math.max(now + 1, START + count * stepMs)
      const ended = await opened.run('alert', 'a', now)
      expect([ended.status, ended.error]).toEqual(['succeeded', undefined])
      return ended
    },
    async alerts() {
      const found = await app.control.alerts.list({ kind: 'anomaly', limit: 100 })
      return found.toSorted((a, b) => a.timestamp - b.timestamp)
    },
    async at() {
      return (await this.alerts()).map(({ timestamp }) => (timestamp - START) / stepMs)
    },
  }
}

const calmScores = (count: number): Scored[] => Array.from({ length: count }, () => ({ score: 0.1 }))
const QUICK = 'alert_smooth_n: 1\n'

describe('a model that decides by itself', () => {
  const own = (strangeness: number, begins = false): Scored => ({ score: 0.5, strangeness, level: 2, begins })

  it('alerts where it says that an alert begins, and the alert says how strange that was', async () => {
    const batch = await openScored('')
    await batch.look(own(0), own(0.5))
    await batch.look(own(3, true), own(2.5), own(0), own(1))
    await batch.look(own(4, true))
    expect(await batch.at()).toEqual([2, 6])
    const [first] = await batch.alerts()
    expect(first).toMatchObject({ score: 0.5, details: { strangeness: 3, level: 2, score: 0.5 } })
    expect(first?.reason).toBe('The model finds this point too strange to be chance.')
    expect(first?.details).not.toHaveProperty('threshold')
  })

  it('is overruled by an explicit threshold', async () => {
    const batch = await openScored(`alert_threshold: 0.8\n${QUICK}`)
    await batch.look(own(0), own(0))
    await batch.look(own(3, true), { score: 0.9 })
    expect(await batch.at()).toEqual([3])
    expect((await batch.alerts())[0]?.details.threshold).toBe(0.8)
  })

  it('has its alert marked as revised when the value is restated to something usual', async () => {
    const batch = await openScored('')
    await batch.look(own(0))
    await batch.look(own(3, true))
    const note = { value: 50, expected: 50, lower: 0, upper: 0, reason: '', scored_at: START + HOUR }
    await batch.table.upsert([
      {
        timestamp: START + MINUTE,
        batch: 'a',
        name: 'm',
        type: 'score',
        value: 0.1,
        metadata: JSON.stringify({ ...note, strangeness: 0.2, level: 2, begins: false }),
      },
    ])
    await batch.run('alert', 'a', START + HOUR)
    expect((await batch.alerts())[0]?.revisedAt).toBe(START + HOUR)
  })
})

describe('alert_budget', () => {
  it('takes the threshold from the metric’s own scores', async () => {
    const batch = await openScored(`alert_budget: 1 per week\n${QUICK}`, { stepMs: HOUR })
    // In four weeks of hours, four scores stand out.
    const past = Array.from(
      { length: 4 * 7 * 24 },
      (_, hour): Scored => ({
        score: hour % 170 === 60 ? 0.5 + hour / 10_000 : 0.2 + (hour % 10) / 100,
      }),
    )
    await batch.look(...past)
    const before = await batch.at()
    await batch.look({ score: 0.45 }, ...calmScores(23))
    expect(await batch.at()).toEqual(before)
    await batch.look({ score: 0.6 })
    const alerts = await batch.alerts()
    expect(alerts.at(-1)?.timestamp).toBe(START + (past.length + 24) * HOUR)
    expect(alerts.at(-1)?.details).toMatchObject({ alert_budget: '1 per week', threshold: 0.506 })
  })
})

describe('what the policy holds back', () => {
  const low: Scored = { score: 0.9, value: 60 }
  const high: Scored = { score: 0.9, value: 140 }

  it('is told in the log and counted in the step, and alerts not', async () => {
    const batch = await openScored(`alert_direction: up\n${QUICK}`)
    await batch.look(...calmScores(3))
    const ended = await batch.look(low)
    expect(ended.logs).toContain('alert held back: metric "m": it went down, and alert_direction is up')
    expect(ended.steps.find(({ name }) => name === 'decide')?.result).toEqual({
      found: 0,
      revised: 0,
      heldBack: 1,
    })
    expect((await batch.run('alert', 'a', START + HOUR)).logs).toEqual([])
    await batch.look(...calmScores(5), high)
    expect(await batch.at()).toEqual([9])
    expect((await batch.alerts())[0]?.details).toMatchObject({ change: 40, change_percent: 40 })
  })

  it.each([
    ['min_change: 41', 'it changed by 40, less than min_change 41'],
    ['min_change_percent: {m: 50}', 'it changed by 40 %, less than min_change_percent 50'],
  ])('%s', async (line, why) => {
    const batch = await openScored(`${line}\n${QUICK}`)
    await batch.look(...calmScores(3))
    expect((await batch.look(high)).logs).toEqual([`alert held back: metric "m": ${why}`])
    await batch.look(...calmScores(4), { score: 0.9, value: 160 })
    expect(await batch.at()).toEqual([8])
  })

  it('only_if: looks at another metric of the batch', async () => {
    const batch = await openScored(`only_if: "requests > 100"\n${QUICK}`)
    const requests = Array.from(
      { length: 20 },
      (_, minute): MetricRow => ({
        timestamp: START + minute * MINUTE,
        batch: 'a',
        name: 'requests',
        type: 'metric',
        value: minute < 10 ? 5 : 500,
        metadata: '',
      }),
    )
    await batch.table.upsert(requests)
    await batch.look(...calmScores(3))
    expect((await batch.look(high)).logs).toEqual([
      'alert held back: metric "m": only_if: "requests" was 5, not > 100',
    ])
    await batch.look(...calmScores(8), high)
    expect(await batch.at()).toEqual([12])
  })

  it('alert_min_duration: alerts once it has lasted', async () => {
    const batch = await openScored(`alert_min_duration: 3\n${QUICK}`)
    await batch.look(...calmScores(3))
    for (const point of [high, high, ...calmScores(4), high, high, high, high]) await batch.look(point)
    expect(await batch.at()).toEqual([11])
    expect((await batch.alerts())[0]?.details.began).toBe(new Date(START + 9 * MINUTE).toISOString())
  })
})

describe('an anomaly that began while a calendar muted', () => {
  const muted = { project: 'calendars: {night: 2024-01-01 00:10 to 2024-01-01 02:00}\n' }
  const more = `calendars: [{use: night, effect: mute}]\nscore_max_n: 5\n${QUICK}`
  const own = (strangeness: number, begins = false): Scored => ({ score: 0.5, strangeness, level: 2, begins })

  it.each<[string, Scored, Scored, Scored]>([
    ['of scores', { score: 0.1 }, { score: 0.9 }, { score: 0.9 }],
    ['of a model that decides', own(0), own(3, true), own(3)],
  ])(
    '%s alerts when that is over, however long ago it began, and although there were alerts before',
    async (_, calmly, begins, goesOn) => {
      const batch = await openScored(more, muted)
      const calmPoints = (count: number) => Array.from({ length: count }, () => calmly)
      await batch.look(...calmPoints(2))
      await batch.look(begins, ...calmPoints(5))
      expect(await batch.at()).toEqual([2])
      await batch.look(...calmPoints(12), begins)
      for (let minute = 21; minute < 119; minute += 7)
        await batch.look(...Array.from({ length: 7 }, () => goesOn))
      expect(await batch.at()).toEqual([2])
      await batch.look(goesOn, goesOn)
      expect(await batch.at()).toEqual([2, 120])
    },
  )
})

describe('recovery', () => {
  const high: Scored = { score: 0.9, value: 140 }

  it('is recorded once the metric was below for alert_recover_n points', async () => {
    const batch = await openScored(`alert_recover_n: 2\n${QUICK}`)
    await batch.look(...calmScores(2))
    await batch.look(high, ...calmScores(1), high, ...calmScores(1))
    expect((await batch.alerts())[0]).not.toHaveProperty('recoveredAt')
    const ended = await batch.look(...calmScores(1))
    expect((await batch.alerts()).map(({ recoveredAt }) => recoveredAt)).toEqual([START + 5 * MINUTE])
    expect(ended.steps.find(({ name }) => name === 'decide')?.result).toMatchObject({ recovered: 1 })
    expect(await batch.app.control.notices.list({ limit: 5 })).toEqual([])
  })

  it('is told where alert_recovery is set, once', async () => {
    const batch = await openScored(`alert_recovery: true\nalert_recover_n: 1\n${QUICK}`)
    await batch.look(...calmScores(2))
    await batch.look(high)
    await batch.look(...calmScores(1))
    await batch.look(...calmScores(3))
    const [notice, ...others] = await batch.app.control.notices.list({ limit: 5 })
    expect(others).toEqual([])
    expect(notice).toMatchObject({
      kind: 'anomaly',
      phase: 'resolved',
      subject: 'a: m',
      since: START + 2 * MINUTE,
    })
    await batch.app.pump.drain(new AbortController().signal)
    const deliveries = await batch.app.control.alerts.deliveries({ alertId: notice!.id, limit: 5 })
    expect(deliveries).toMatchObject([{ channel: 'console', status: 'delivered' }])
  })
})

describe('valid_range', () => {
  it('alerts at once as threshold, without a model, to the channels of alert_methods', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'valid_range: {min: 0}\n'),
      'a.sql': valuesSql([5, 6, -1]),
    })
    const { app, run } = await openApp(dir)
    await run('ingest', 'a', justAfter(3))
    await run('ingest', 'a', justAfter(3))
    const [alert, ...others] = await app.control.alerts.list({ limit: 5 })
    expect(others).toEqual([])
    expect(alert).toMatchObject({
      kind: 'threshold',
      value: -1,
      reason: 'The value -1 is below the lower bound 0 of what can be true.',
      details: { valid_range: { min: 0 }, threshold_type: 'lower', threshold_value: 0 },
    })
    const deliveries = await app.control.alerts.deliveries({ alertId: alert!.id, limit: 5 })
    expect(deliveries.map(({ channel }) => channel)).toEqual(['console'])
  })

  it('stands beside thresholds, and may hold for some metrics only', async () => {
    const more =
      'disable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {m: {upper: 10}}\nvalid_range: {m: {min: 0, max: 50}, n: {max: 7}}\n'
    const sql = [
      valuesSql([5, 12]),
      valuesSql([5, 8], { name: 'n' }),
      valuesSql([5, 8000], { name: 'other' }),
    ].join(' union all ')
    const dir = await createProject({ 'a.yaml': batchYaml('a', more), 'a.sql': sql })
    const { app, run } = await openApp(dir)
    await run('ingest', 'a', justAfter(2))
    const found = await app.control.alerts.list({ limit: 5 })
    expect(found.map(({ metric, reason }) => `${metric}: ${reason}`).toSorted()).toEqual([
      'm: The value 12 is above the upper bound 10.',
      'n: The value 8 is above the upper bound 7 of what can be true.',
    ])
  })

  it('watches nothing where alerts are off', async () => {
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'valid_range: {min: 0}\ndisable_alert: true\n'),
      'a.sql': valuesSql([5, -1]),
    })
    const { app, run } = await openApp(dir)
    await run('ingest', 'a', justAfter(2))
    await writeFiles(dir, { 'a.sql': valuesSql([5, -1, -2]) })
    await run('ingest', 'a', justAfter(3))
    expect(await app.control.alerts.list({ limit: 5 })).toEqual([])
  })
})
