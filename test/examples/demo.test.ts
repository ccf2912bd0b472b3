import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { batchFile } from '../../src/config/batch-keys.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { exampleBatch, examplePath } from './example-batch.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const runner = createFunctionRunner()
const LIMITS = { timeoutMs: 60_000, memoryMb: 256 }

interface Row {
  readonly metric_timestamp: Date
  readonly metric_name: string
  readonly metric_value: number
}

/** Rows of the batch's function at each of the times, from one process. */
async function rowsAt(name: string, times: readonly number[]): Promise<readonly (readonly Row[])[]> {
  const { functionFile = '' } = exampleBatch('demo', name)
  const text = `
    import { ingest as original } from './${basename(functionFile)}'
    export const ingest = () => ${JSON.stringify(times)}.map((now) => { Date.now = () => now; return { rows: original() } })`
  const file = join(dirname(functionFile), 'at-times.ts')
  const results = await runner.ingest({ language: 'typescript', text, file }, LIMITS)
  return results.map(({ rows }) => rows as readonly Row[])
}

function byMetric(rows: readonly Row[]): Map<string, Map<number, number>> {
  const metrics = new Map<string, Map<number, number>>()
  for (const { metric_name, metric_timestamp, metric_value } of rows) {
    const points = metrics.get(metric_name) ?? new Map<number, number>()
    metrics.set(metric_name, points.set(metric_timestamp.getTime(), metric_value))
  }
  return metrics
}

const NOW = Date.parse('2026-11-23T04:05:06Z')
const TIMES = [
  NOW,
  NOW + 1,
  NOW + HOUR,
  NOW + 3 * DAY,
  NOW + 12 * DAY,
  // over the seam of every loop, leap days included
  ...Array.from({ length: 60 }, (_, index) => NOW + (index + 1) * 97 * DAY + index * 1_234_567),
]

const REPLAYED = [
  {
    name: 'weather',
    step: DAY,
    latest: DAY,
    period: 1461 * DAY,
    points: [729, 730],
    plausible: { temperature_high: [-5, 40], temperature_low: [-10, 25], rain: [0, 60], wind: [0, 10] },
  },
  {
    name: 'stocks',
    step: DAY,
    latest: 5 * DAY,
    period: 1911 * DAY,
    points: [495, 510],
    plausible: { close: [676, 1566], volume: [1, 12], daily_range: [0.1, 12] },
  },
  {
    name: 'earthquakes',
    step: HOUR,
    latest: HOUR,
    period: 7 * DAY,
    points: [335, 336],
    plausible: { count: [1, 60], strongest: [0, 9] },
  },
  {
    name: 'flights',
    step: HOUR,
    latest: 12 * HOUR,
    period: 84 * DAY,
    points: [400, 720],
    plausible: { departures: [0, 60], mean_delay: [-60, 500] },
  },
] as const

describe.each(REPLAYED)('$name', ({ name, step, latest, period, points: [fewest, most], plausible }) => {
  const runs = rowsAt(name, TIMES)

  it('has whole points up to now, each once, in order', async () => {
    for (const [index, rows] of (await runs).entries()) {
      const now = TIMES[index] ?? 0
      const times = rows.map(({ metric_timestamp }) => metric_timestamp.getTime())
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      const metrics = byMetric(rows)
      expect([...metrics.keys()].sort()).toEqual(Object.keys(plausible).sort())
      expect([...metrics.values()].reduce((sum, { size }) => sum + size, 0)).toBe(rows.length)
      for (const points of metrics.values()) {
        expect(points.size).toBeGreaterThanOrEqual(fewest)
        expect(points.size).toBeLessThanOrEqual(most)
        const newest = Math.max(...points.keys())
        expect(newest).toBeLessThanOrEqual(now - step)
        expect(newest).toBeGreaterThan(now - step - latest)
        for (const time of points.keys()) expect(time % step).toBe(0)
      }
    }
  })

  it('has values that can be', async () => {
    for (const rows of await runs)
      for (const { metric_name, metric_value } of rows) {
        const [lowest, highest] =
          (plausible as Readonly<Record<string, readonly [number, number]>>)[metric_name] ?? []
        expect(metric_value).toBeGreaterThanOrEqual(lowest ?? Infinity)
        expect(metric_value).toBeLessThanOrEqual(highest ?? -Infinity)
      }
  })

  it('never restates a value', async () => {
    const known = new Map<string, number>()
    let seenAgain = 0
    for (const rows of await runs)
      for (const { metric_name, metric_timestamp, metric_value } of rows) {
        const key = `${metric_name} ${metric_timestamp.getTime()}`
        if (known.has(key)) seenAgain += 1
        expect(known.get(key) ?? metric_value).toBe(metric_value)
        known.set(key, metric_value)
      }
    expect(seenAgain).toBeGreaterThan(1_000)
  })

  it('goes on with a new point when a period of time is over', async () => {
    const [before = [], , , later = []] = await runs
    const newest = Math.max(...before.map(({ metric_timestamp }) => metric_timestamp.getTime()))
    expect(later.some(({ metric_timestamp }) => metric_timestamp.getTime() > newest)).toBe(true)
  })

  it('does not learn from the same stretch twice', () => {
    const { train_metric_timestamp_max_days_ago: days } = batchFile.parse(exampleBatch('demo', name).keys)
    expect(days * DAY).toBeLessThanOrEqual(period)
  })
})

describe('machine', () => {
  it('reads this machine now', async () => {
    const before = Date.now()
    const { functionFile = '' } = exampleBatch('demo', 'machine')
    const text = readFileSync(functionFile, 'utf8')
    const rows = await runner.ingest({ language: 'typescript', text, file: functionFile }, LIMITS)
    const readings = new Map(rows.map((row) => [row.metric_name, row.metric_value as number]))
    expect([...readings.keys()]).toEqual(['load', 'memory_used', 'disk_used', 'event_loop_delay'])
    for (const value of readings.values()) expect(value).toBeGreaterThanOrEqual(0)
    for (const percent of ['memory_used', 'disk_used']) expect(readings.get(percent)).toBeLessThanOrEqual(100)
    expect(readings.get('memory_used')).toBeGreaterThan(0)
    for (const row of rows) {
      const time = (row.metric_timestamp as Date).getTime()
      expect(time % 10_000).toBe(0)
      expect(time).toBeGreaterThan(before - 10_000)
      expect(time).toBeLessThanOrEqual(Date.now())
    }
  })
})

describe('files', () => {
  const names = readdirSync(examplePath('demo/metrics')).flatMap((file) =>
    file.endsWith('.yaml') ? [file.slice(0, -5)] : [],
  )

  it('are the five batches', () => {
    expect(names.sort()).toEqual(['earthquakes', 'flights', 'machine', 'stocks', 'weather'])
  })

  it.each(['earthquakes', 'flights', 'machine', 'stocks', 'weather'])(
    '%s is a valid batch that needs nothing set up',
    (name) => {
      const { keys, functionFile = '' } = exampleBatch('demo', name)
      const batch = batchFile.parse(keys)
      expect(batch.metric_batch).toBe(name)
      expect(batch.db).toBe('sqlite')
      expect(batch.alert_methods).toBe('console')
      expect(batch.delete_after_n_days).toBeGreaterThanOrEqual(batch.train_metric_timestamp_max_days_ago)
      // The text is a template: braces in pairs would be taken for one of its tags.
      expect(readFileSync(functionFile, 'utf8')).not.toMatch(/\{[{%#]/)
    },
  )
})
