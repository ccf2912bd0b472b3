import { describe, expect, it } from 'vitest'
import type { MetricRow, MetricType } from '../../src/core/metric-row.ts'
import { type TrainingRules, trainingPoints } from '../../src/jobs/training-points.ts'
import { createProject, openApp } from '../project.ts'
import { batchYaml, calm, DAY, HOUR, justAfter, MINUTE, ORIGINAL_MODELS, START, valuesSql } from './series.ts'

const series = (...values: number[]) => ({
  timestamps: Float64Array.from(values, (_, index) => index * 10),
  values: Float64Array.from(values),
})
const kept = (values: number[], rules: TrainingRules) =>
  Array.from(trainingPoints(series(...values), rules).series.values)

describe('trainingPoints', () => {
  it('are all points where there are no rules, and the series itself', () => {
    const all = series(1, 2, 3)
    expect(trainingPoints(all, {})).toEqual({ series: all, leftOut: {} })
    expect(trainingPoints(all, { range: { min: 0 } }).series).toBe(all)
    expect(trainingPoints(series(), { range: { min: 0 } }).series.values).toHaveLength(0)
  })

  it('are without values out of the valid range', () => {
    expect(kept([-1, 0, 5, 10, 11], { range: { min: 0, max: 10 } })).toEqual([0, 5, 10])
  })

  it('begin with the new normal', () => {
    expect(kept([1, 2, 3, 4], { normalFrom: 20 })).toEqual([3, 4])
    expect(kept([1, 2], { normalFrom: 1e9 })).toEqual([])
  })

  it('are without confirmed anomalies, from what led to the alert until it was over', () => {
    const values = [0, 1, 2, 3, 4, 5, 6]
    expect(kept(values, { confirmed: [{ timestamp: 30, pointsBefore: 0 }] })).toEqual([0, 1, 2, 4, 5, 6])
    expect(kept(values, { confirmed: [{ timestamp: 30, until: 50, pointsBefore: 1 }] })).toEqual([0, 1, 5, 6])
    expect(kept(values, { confirmed: [{ timestamp: 0, until: 20, pointsBefore: 5 }] })).toEqual([
      2, 3, 4, 5, 6,
    ])
    expect(kept(values, { confirmed: [{ timestamp: 35, pointsBefore: 0 }] })).toEqual(values)
    expect(kept(values, { confirmed: [{ timestamp: 900, until: 950, pointsBefore: 0 }] })).toEqual(values)
  })

  it('are without what a calendar skips', () => {
    expect(kept([1, 2, 3], { skippedBy: (timestamp) => (timestamp === 10 ? 'x' : undefined) })).toEqual([
      1, 3,
    ])
  })

  it('are counted by why they are left out', () => {
    const { leftOut } = trainingPoints(series(1, -1, 3, -4, 5), {
      range: { min: 0 },
      normalFrom: 10,
      confirmed: [{ timestamp: 40, pointsBefore: 0 }],
      skippedBy: () => 'x',
    })
    expect(leftOut).toEqual({
      'before new_normal_from': 1,
      'out of valid_range': 2,
      'in confirmed anomalies': 1,
      'in calendar "x"': 1,
    })
  })
})

/** Ingests hourly values, adds rows, trains, and says how many points the model learned from. */
async function trained(
  more: string,
  { values = calm(100), rows = [] as readonly (readonly [MetricType, number])[], calendars = '' } = {},
) {
  const dir = await createProject({
    'anomstack.yaml': calendars,
    // Whose models learn from all points at once, the newest included.
    'metrics/a.yaml': batchYaml('a', `${more}\n${ORIGINAL_MODELS}`),
    'metrics/a.sql': valuesSql(values, { stepMs: HOUR }),
  })
  const { app, run } = await openApp(dir)
  const now = justAfter(values.length, { stepMs: HOUR }) + HOUR
  await run('ingest', 'a', now)
  const batch = app.project.batches.get('a')!
  await app
    .database(batch)
    .metricsTable('metrics')
    .upsert(
      rows.map(
        ([type, hour]): MetricRow => ({
          timestamp: START + hour * HOUR,
          batch: 'a',
          name: 'm',
          type,
          value: 1,
          metadata: '',
        }),
      ),
    )
  const { logs, status } = await run('train', 'a', now)
  const bundle = await app.models(batch).latest('a')
  const entry = (await bundle?.entries(['m']))?.get('m')
  return { app, run, now, status, entry, logs: logs.filter((line) => line.includes('learn')) }
}

describe('training', () => {
  it('leaves out values out of the valid range, and says so', async () => {
    const values = calm(100).map((value, hour) => (hour % 20 === 10 ? -999 : value))
    const { entry, logs } = await trained('valid_range: {min: 0}\n', { values })
    expect(entry?.count).toBe(95)
    expect(logs).toEqual(['metric "m": 5 points are not learned from: out of valid_range'])
  })

  it('leaves out anomalies that people confirmed, with the points that were smoothed together', async () => {
    const { entry, logs } = await trained('', {
      rows: [
        ['thumbsup', 50],
        ['thumbsdown', 70],
      ],
    })
    expect(entry?.count).toBe(97)
    expect(logs).toEqual(['metric "m": 3 points are not learned from: in confirmed anomalies'])
  })

  it('begins at the new normal, in the time zone of the batch', async () => {
    const { entry } = await trained('time_zone: Europe/Berlin\nnew_normal_from: {m: "2024-01-02 01:00"}\n')
    expect(entry?.count).toBe(76)
    expect(entry?.from).toBe(START + DAY)
  })

  it('is learning anew when too little is left', async () => {
    const { entry, logs, status } = await trained('new_normal_from: "2024-01-04T20:00:00Z"\n')
    expect([entry, status]).toEqual([undefined, 'succeeded'])
    expect(logs).toContain('metric "m" is learning, 8 of 14 points')
  })

  it('leaves out what a calendar skips', async () => {
    const { entry, logs } = await trained('calendars: [{use: nights, effect: skip_training}]\n', {
      calendars: 'calendars: {nights: "22:00-02:00"}\n',
    })
    expect(entry?.count).toBe(100 - 18)
    expect(logs).toEqual(['metric "m": 18 points are not learned from: in calendar "nights"'])
  })
})

describe('a calendar that mutes', () => {
  const calendars = 'calendars: {quiet: "2024-01-05"}\n'
  const mute = 'calendars: [{use: quiet, effect: mute}]\n'

  it('keeps alerts of every kind from being raised for its times', async () => {
    const values = calm(100).map((value, hour) => (hour === 99 ? value + 900 : value))
    const more =
      'disable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {m: {upper: 500}}\n'
    const loud = await trained(more, { values, calendars })
    const quiet = await trained(more + mute, { values, calendars })
    for (const { run, now } of [loud, quiet]) expect((await run('change', 'a', now)).status).toBe('succeeded')
    const kinds = async ({ app }: typeof loud) =>
      (await app.control.alerts.list({ limit: 10 })).map(({ kind }) => kind).toSorted()
    expect(await kinds(loud)).toEqual(['change', 'threshold'])
    expect(await kinds(quiet)).toEqual([])
    expect(START + 99 * HOUR).toBeGreaterThan(Date.UTC(2024, 0, 5))
  })

  it('lets an anomaly that goes on alert once it is over', async () => {
    const { app, run } = await trained(`${mute}alert_smooth_n: 1\ndisable_change: true\n`, { calendars })
    const table = app.database(app.project.batches.get('a')!).metricsTable('metrics')
    const hours = Array.from({ length: 35 }, (_, index) => 90 + index)
    await table.upsert(
      hours.map((hour): MetricRow => {
        const note = { value: 1, expected: 0, lower: 0, upper: 0, reason: '', scored_at: START + hour * HOUR }
        const timestamp = START + hour * HOUR
        return {
          timestamp,
          batch: 'a',
          name: 'm',
          type: 'score',
          value: hour < 100 ? 0 : 0.9,
          metadata: JSON.stringify(note),
        }
      }),
    )
    const ended = await run('alert', 'a', START + 125 * HOUR + MINUTE)
    const found = await app.control.alerts.list({ limit: 10 })
    expect(found.map(({ timestamp }) => timestamp)).toEqual([Date.UTC(2024, 0, 6)])
    expect(ended.logs).toContain('alert held back: metric "m": the calendar "quiet" mutes it')
  })
})
