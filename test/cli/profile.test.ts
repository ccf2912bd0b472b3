import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anomstack, folderWith } from './command.ts'

const BATCH = `# The shop, by the hour.
metric_batch: shop   # its name
db: sqlite
alert_methods: console
ingest_sql: |
  with recursive h(i) as (select 0 union all select i + 1 from h where i < 999)
  select 1767225600 + i * 3600 as metric_timestamp, 'orders' as metric_name,
    100 + cast(50 * sin(i * 0.2617993877991494) as integer) + (i * 7919) % 11 as metric_value from h
  union all select 1767225600 + i * 3600, 'disk_total', 512 from h
`
const ADVISED = `# metrics that hardly ever move, or are near a bound: a plain threshold in place of a model (anomstack profile)
tholdalert_thresholds:
  disk_total:
    lower: 512
    upper: 512
disable_tholdalert: false
tholdalert_methods: console
train_exclude_metrics:
  - disk_total
`

async function ingested(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await folderWith(files)
  expect((await anomstack(['run', 'ingest', '--project', dir])).code).toBe(0)
  return dir
}
const fileOf = (dir: string) => readFile(path.join(dir, 'metrics/shop.yaml'), 'utf8')

interface Profiled {
  readonly batch: string
  readonly metrics: readonly {
    readonly metric: string
    readonly judge: string
    readonly points: number
    readonly first: string
    readonly step: number
    readonly cycles: readonly { readonly name: string; readonly present: boolean }[]
  }[]
  readonly proposals: readonly {
    readonly keys: readonly { readonly key: readonly string[]; readonly value: unknown }[]
    readonly outcome?: { readonly status: string }
  }[]
}

describe('profile', () => {
  it('measures metrics and says what suits them, and writes nothing', async () => {
    const dir = await ingested({ 'metrics/shop.yaml': BATCH })
    const { code, stdout } = await anomstack(['profile', '--project', dir])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}orders\n {4}points +1000 points from 2026-01-01 00:00 to 2026-02-11 15:00$/m)
    expect(stdout).toMatch(/^ {4}cycles +hour of the day 9\d %/m)
    expect(stdout).toContain('→ A plain threshold (lower 512, upper 512) suits it, since it has never moved')
    expect(stdout).toContain('for metrics/shop.yaml; --write puts it there:')
    expect(await fileOf(dir)).toBe(BATCH)
  })

  it('prints the same as JSON, of single metrics too', async () => {
    const dir = await ingested({ 'metrics/shop.yaml': BATCH })
    const { code, stdout } = await anomstack(['profile', '--json', '--metric', 'orders', '--project', dir])
    expect(code).toBe(0)
    const [{ batch, metrics, proposals } = {} as Profiled, ...others] = JSON.parse(stdout) as Profiled[]
    expect([batch, others, proposals]).toEqual(['shop', [], []])
    expect(metrics).toMatchObject([
      { metric: 'orders', judge: 'auto', points: 1000, first: '2026-01-01T00:00:00.000Z', step: 3_600_000 },
    ])
    expect(metrics[0]!.cycles).toContainEqual({
      name: 'hour of the day',
      share: expect.any(Number),
      present: true,
    })
  })

  it('writes what is advised, keeps the rest, and has nothing to write again', async () => {
    const dir = await ingested({ 'metrics/shop.yaml': BATCH })
    const { code, stdout } = await anomstack(['profile', '--write', '--project', dir])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/wrote .*to metrics\/shop\.yaml/)])
    expect(await fileOf(dir)).toBe(BATCH + ADVISED)
    expect(await readdir(path.join(dir, 'metrics'))).toEqual(['shop.yaml'])
    expect((await anomstack(['validate', '--strict', '--project', dir])).code).toBe(0)
    const again = await anomstack(['profile', '--write', '--project', dir])
    expect(again.stdout).toContain('nothing to set in metrics/shop.yaml')
    expect(await fileOf(dir)).toBe(BATCH + ADVISED)
  })

  it('leaves keys that are set', async () => {
    const set = `${BATCH}tholdalert_methods: email\ntrain_exclude_metrics: [other]\n`
    const dir = await ingested({ 'metrics/shop.yaml': set })
    const { code, stdout } = await anomstack(['profile', '--write', '--project', dir])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/did not write .*: train_exclude_metrics is set in .*, to \["other"\]/),
    ])
    expect(await fileOf(dir)).toBe(set)
  })

  it('refuses a file with faults, and profiles the others', async () => {
    const dir = await ingested({
      'metrics/shop.yaml': BATCH,
      'metrics/bad.yaml': 'metric_batch: bad\nnonsense: 1\n',
    })
    const { code, stdout, stderr } = await anomstack([
      'profile',
      '--batch',
      'shop',
      '--write',
      '--project',
      dir,
    ])
    expect([code, stdout]).toEqual([0, expect.stringContaining('wrote ')])
    expect(stderr).toContain('unknown key "nonsense"')
    const bad = await anomstack(['profile', '--batch', 'bad', '--write', '--project', dir])
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('correct the faults above')])
  })

  it('names what is near to what is not there', async () => {
    const dir = await ingested({ 'metrics/shop.yaml': BATCH })
    const metric = await anomstack(['profile', '--metric', 'ordrs', '--project', dir])
    expect([metric.code, metric.stderr]).toEqual([2, expect.stringContaining('did you mean "orders"?')])
    const batch = await anomstack(['profile', '--batch', 'shp', '--project', dir])
    expect([batch.code, batch.stderr]).toEqual([2, expect.stringContaining('did you mean "shop"?')])
    const both = await anomstack(['profile', '--metric', 'orders', '--write', '--project', dir])
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('leave out --metric')])
  })

  it('says how to come by a history', async () => {
    const dir = await folderWith({ 'metrics/shop.yaml': BATCH })
    const { code, stdout } = await anomstack(['profile', '--project', dir])
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('`anomstack run ingest --batch shop` reads some'),
    ])
  })
})
