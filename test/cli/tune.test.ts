import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunReport } from '../../src/cli/run-report.ts'
import { anomstack, folderWith } from './command.ts'

/** Three metrics of hours with a spike now and then, in no order. */
const batch = (rest = '') => `metric_batch: shop
db: sqlite
ingest_sql: |
  with recursive h(i) as (select 0 union all select i + 1 from h where i < 899),
    m(k) as (select 1 union all select k + 1 from m where k < 3)
  select 1767225600 + i * 3600 as metric_timestamp, 'm' || k as metric_name,
    100 + ((i * 7919 + k * 104729) % 1009) % 23 + ((i * 31 + k * 17) % 97 = 5) * ((i * 13 + k) % 60) as metric_value
  from h, m
${rest}`

interface Rates {
  readonly metrics: number
  readonly alerts: number
  readonly mean: number
  readonly median: number
}

interface Tuned {
  readonly key: string
  readonly value: string | number
  readonly metrics: number
  readonly leftOut: readonly string[]
  readonly today: { readonly found: Rates; readonly heldOut: Rates }
  readonly tuned: { readonly found: Rates; readonly heldOut: Rates }
  readonly batches: readonly { readonly foundUntil: string; readonly outcome?: { readonly status: string } }[]
}

async function ingested(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await folderWith(files)
  expect((await anomstack(['run', 'ingest', '--project', dir])).code).toBe(0)
  return dir
}

async function tuned(dir: string, ...args: string[]): Promise<Tuned> {
  const { code, stdout, stderr } = await anomstack(['tune', '--json', '--project', dir, ...args])
  expect([code, stderr.includes('error:')]).toEqual([0, false])
  return JSON.parse(stdout) as Tuned
}

const fileOf = (dir: string) => readFile(path.join(dir, 'metrics/shop.yaml'), 'utf8')

describe('tune', () => {
  it('finds a budget for models that decide themselves, and validates it on the time after', async () => {
    const dir = await ingested({ 'metrics/shop.yaml': batch() })
    const found = await tuned(dir, '--target', '1 per week')
    expect(found).toMatchObject({ key: 'alert_budget', metrics: 3, leftOut: [] })
    expect(found.value).toMatch(/^[\d.]+ per \w+$/)
    expect(found.tuned.found.metrics).toBe(3)
    const distance = ({ mean }: Rates) => Math.abs(Math.log(Math.max(mean, 0.01)))
    expect(distance(found.tuned.found)).toBeLessThanOrEqual(distance(found.today.found))
    expect(distance(found.tuned.found)).toBeLessThan(Math.log(2))
    expect(found.tuned.heldOut.metrics).toBe(3)
  })

  it('finds a threshold for models that give scores alone, and a backfill with it finds as many alerts', async () => {
    const dir = await ingested({ 'metrics/shop.yaml': batch('model_configs: HBOS\n') })
    const found = await tuned(dir, '--target', '2 per week', '--write')
    expect(found.key).toBe('alert_threshold')
    expect(found.tuned.found.mean).toBeGreaterThan(1)
    expect(found.tuned.found.mean).toBeLessThan(4)
    const range = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-04-01T00:00:00Z']
    const { stdout } = await anomstack(['backfill', '--json', ...range, '--project', dir])
    const [report] = JSON.parse(stdout) as RunReport[]
    expect(report?.steps.find(({ name }) => name === 'replay')?.result).toMatchObject({
      alerts: found.tuned.found.alerts + found.tuned.heldOut.alerts,
    })
  })

  it('writes the setting, and replaces one that is set only when told to', async () => {
    const text = batch('anomaly_threshold: 0.9 # by hand\n')
    const dir = await ingested({ 'metrics/shop.yaml': text })
    const target = ['--target', '1 per week', '--key', 'alert_threshold'] as const
    const kept = await anomstack(['tune', ...target, '--write', '--project', dir])
    expect(kept.stdout).toMatch(/did not write alert_threshold: .*anomaly_threshold is set .*--replace/s)
    expect(await fileOf(dir)).toBe(text)
    const { value, batches } = await tuned(dir, ...target, '--write', '--replace')
    expect(batches[0]?.outcome).toEqual({ status: 'written' })
    expect(await fileOf(dir)).toBe(batch(`alert_threshold: ${value} # by hand\n`))
    expect((await anomstack(['validate', '--strict', '--project', dir])).code).toBe(0)
  })

  it('prints today beside tuned, and leaves out what cannot be judged', async () => {
    const young = batch().replace('metric_batch: shop', 'metric_batch: young').replace('i < 899', 'i < 5')
    const dir = await ingested({
      'metrics/shop.yaml': batch('model_configs: HBOS\n'),
      'metrics/young.yaml': young,
    })
    const { code, stdout } = await anomstack(['tune', '--target', '2 per week', '--project', dir])
    expect(code).toBe(0)
    expect(stdout).toContain('history 3 metrics of 1 batch: found on the first 70 % of the time, 2026-01-0')
    expect(stdout).toMatch(/^today +a score of 0\.8( +[\d.]+){3} +[\d.]+ to [\d.]+ +[\d.]+$/m)
    expect(stdout).toMatch(/^tuned +alert_threshold: 0\.\d+( +[\d.]+){3} /m)
    expect(stdout).toContain('batch "young" has no points that can be judged yet')
    expect(stdout).toMatch(/alert_threshold: 0\.\d+ {2}in metrics\/shop\.yaml\n$/)
  })

  it('refuses wrong use, and says what to do', async () => {
    const dir = await folderWith({
      'metrics/shop.yaml': batch(),
      'metrics/mute.yaml': batch('disable_alert: true\n').replace('shop', 'mute'),
    })
    const outcomes = [
      [2, 'required option', []],
      [2, '"often" is not a number of alerts', ['--target', 'often']],
      [2, 'add --write', ['--target', '1 per day', '--replace']],
      [2, 'did you mean "shop"?', ['--target', '1 per day', '--batch', 'shp']],
      [2, 'disable_alert is set', ['--target', '1 per day', '--batch', 'mute']],
      [1, 'no history to tune with', ['--target', '1 per day']],
    ] as const
    for (const [wanted, says, args] of outcomes) {
      const { code, stderr } = await anomstack(['tune', ...args, '--project', dir])
      expect([code, stderr]).toEqual([wanted, expect.stringContaining(says)])
    }
  })
})
