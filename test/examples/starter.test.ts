import { readFileSync } from 'node:fs'
import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { batchFile } from '../../src/config/batch-keys.ts'
import { batchSettings } from '../../src/config/batch-settings.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { exampleBatch, examplePath } from './example-batch.ts'

const DAY = 86_400_000

describe('defaults.yaml', () => {
  const defaults = parse(
    readFileSync(examplePath('starter/metrics/defaults/defaults.yaml'), 'utf8'),
  ) as Record<string, unknown>

  it('says what applies anyway, but for what it points out', () => {
    const differing = ['alert_methods', 'db', 'model_path']
    const product = batchSettings.parse({}) as Record<string, unknown>
    const parsed = batchSettings.parse(defaults) as Record<string, unknown>
    const changed = Object.keys(product).filter(
      (key) => JSON.stringify(parsed[key]) !== JSON.stringify(product[key]),
    )
    expect(changed.sort()).toEqual(differing)
  })

  it.each(['signups', 'temperature'])('%s is a valid batch', (name) => {
    expect(batchFile.parse(exampleBatch('starter', name).keys).metric_batch).toBe(name)
  })
})

describe('signups', () => {
  it('gives four months of sign-ups that do not change from one reading to the next', () => {
    const { keys } = exampleBatch('starter', 'signups')
    const sql = String(keys.ingest_sql)
    expect(sql).not.toMatch(/\{[{%#]/)
    const database = new Database(':memory:')
    const read = (query: string) =>
      database.prepare(query).all() as {
        metric_timestamp: string
        metric_name: string
        metric_value: number
      }[]
    const rows = read(sql)
    const yesterday = read(sql.replaceAll(`'now'`, `'now', '-1 day'`))
    database.close()
    for (const name of ['signups', 'activations']) {
      const values = new Map(
        rows.filter((row) => row.metric_name === name).map((row) => [row.metric_timestamp, row.metric_value]),
      )
      expect(values.size).toBe(120)
      expect(
        [...values.keys()].every(
          (day) => /^\d{4}-\d\d-\d\d$/.test(day) && Date.parse(day) <= Date.now() - DAY,
        ),
      ).toBe(true)
      expect(Math.min(...values.values())).toBeGreaterThan(0)
      const before = yesterday.filter((row) => row.metric_name === name && values.has(row.metric_timestamp))
      expect(before).toHaveLength(119)
      for (const row of before) expect(row.metric_value).toBe(values.get(row.metric_timestamp))
    }
    const signups = rows.filter((row) => row.metric_name === 'signups').map((row) => row.metric_value)
    const typical = signups.toSorted((a, b) => a - b)[60] ?? 0
    const bad = signups.filter((value) => value < typical * 0.4)
    expect(bad.length).toBeGreaterThanOrEqual(2)
    expect(bad.length).toBeLessThanOrEqual(3)
  })
})

describe('temperature', () => {
  it('gives a month of hours, with a failure now and then', async () => {
    const { functionFile: file = '' } = exampleBatch('starter', 'temperature')
    const text = readFileSync(file, 'utf8')
    expect(text).not.toMatch(/\{[{%#]/)
    const rows = await createFunctionRunner().ingest(
      { language: 'typescript', text, file },
      { timeoutMs: 60_000, memoryMb: 256 },
    )
    const times = rows.map((row) => (row.metric_timestamp as Date).getTime())
    expect(new Set(times).size).toBe(721)
    expect(Math.max(...times)).toBeLessThanOrEqual(Date.now())
    const values = rows.map((row) => row.metric_value as number)
    expect(Math.min(...values)).toBeGreaterThan(18.9)
    expect(values.filter((value) => value > 27).length).toBeGreaterThanOrEqual(3)
    expect(values.filter((value) => value > 27).length).toBeLessThanOrEqual(4)
  })
})
