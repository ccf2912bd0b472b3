import { describe, expect, it } from 'vitest'
import { HOUR, valuesSql } from '../jobs/series.ts'
import { openApp } from '../project.ts'
import { anomstack, folderWith, type Outcome } from './command.ts'

const NOON = Date.UTC(2025, 5, 16, 12)
const POINTS = 400
const START = NOON - POINTS * HOUR
const range = ['--to', new Date(NOON).toISOString()]

interface SimulatedJson {
  readonly metrics: readonly {
    readonly metric: string
    readonly today: OutcomeJson
    readonly changed?: OutcomeJson
  }[]
}

interface OutcomeJson {
  readonly status: string
  readonly points: number
  readonly alerts: number
  readonly perWeek: number
  readonly times: readonly string[]
  readonly silencedBy?: string
  readonly injected?: {
    readonly status: string
    readonly noise: number
    readonly smallest: readonly { kind: string; size: number | null; share: number; change: number | null }[]
  }
}

/** A daily wave with some noise, and what `more` adds. */
const wave = (more: (hour: number) => number) =>
  Array.from(
    { length: POINTS },
    (_, hour) => 100 + 10 * Math.sin((hour * Math.PI) / 12) + ((hour * 7919) % 13) / 6 + more(hour),
  )

const series = {
  calm: wave(() => 0),
  'shop{country=US}': wave((hour) => (hour === 250 || hour === 350 ? 60 : 0)),
  young: wave(() => 0).slice(-5),
}

/** A project whose batch has ingested these metrics. */
async function projectWith(more = ''): Promise<string> {
  const selects = Object.entries(series).map(([name, values]) =>
    valuesSql(values, { name, start: NOON - values.length * HOUR, stepMs: HOUR }),
  )
  const dir = await folderWith({
    'metrics/sales.yaml': `metric_batch: sales\ndb: sqlite\nalert_methods: console\ningest_sql: '{% include "./sales.sql" %}'\n${more}`,
    'metrics/sales.sql': selects.join('\nunion all\n'),
  })
  const { app, run } = await openApp(dir)
  expect((await run('ingest', 'sales', NOON)).status).toBe('succeeded')
  await app.close(0)
  return dir
}

const simulate = (dir: string, ...args: string[]): Promise<Outcome> =>
  anomstack(['simulate', '--batch', 'sales', ...range, ...args], { cwd: dir })

async function simulated(dir: string, ...args: string[]): Promise<SimulatedJson> {
  const { code, stdout, stderr } = await simulate(dir, '--json', ...args)
  expect([code, stderr.replace(/^simulate .*\n/gm, '')]).toEqual([0, ''])
  return JSON.parse(stdout) as SimulatedJson
}

const outcomeOf = ({ metrics }: SimulatedJson, name: string, which: 'today' | 'changed' = 'today') =>
  metrics.find(({ metric }) => metric === name)?.[which]

describe('simulate', () => {
  it('counts the alerts that a backfill finds, and writes nothing', async () => {
    const dir = await projectWith()
    const answer = await simulated(dir)
    const opened = await openApp(dir)
    expect(await opened.app.control.alerts.list({ limit: 10 })).toEqual([])
    expect((await opened.points('sales', 'calm', 'score')).timestamps).toHaveLength(0)

    await opened.app.orchestrator.runNow({
      job: 'backfill',
      batch: 'sales',
      trigger: 'manual',
      params: { to: NOON },
    })
    const alerts = await opened.app.control.alerts.list({ kind: 'anomaly', limit: 100 })
    expect(alerts.length).toBeGreaterThan(1)
    const shop = outcomeOf(answer, 'shop{country=US}')
    expect(shop?.times).toContain(new Date(START + 350 * HOUR).toISOString())
    for (const { metric, today } of answer.metrics) {
      const times = alerts.filter((alert) => alert.metric === metric).map(({ timestamp }) => timestamp)
      expect((today.times ?? []).map((time) => Date.parse(time))).toEqual(times.toSorted((a, b) => b - a))
      const scores = await opened.points('sales', metric, 'score')
      if (today.status === 'judged') expect(today.points).toBe(scores.timestamps.length)
    }
    const weeks = (shop!.points * HOUR) / (7 * 24 * HOUR)
    expect(shop?.perWeek).toBeCloseTo(shop!.alerts / weeks, 4)
    expect(outcomeOf(answer, 'young')).toEqual({ status: 'learning', points: 5, needed: 14 })
  })

  it('shows today beside other settings, with the times of the newest alerts', async () => {
    const dir = await projectWith('alert_exclude_metrics: [calm]\n')
    const { code, stdout } = await simulate(dir, '--set', 'alert_threshold=0.5', 'alert_exclude_metrics=[]')
    expect(code).toBe(0)
    const [title, , head, calm, shop, young, all] = stdout.split('\n')
    expect(title).toMatch(
      /^sales: 3 metrics, .*, today and with alert_threshold=0.5, alert_exclude_metrics=\[\]$/,
    )
    expect(head).toMatch(/^metric +points +span +today +per week +with --set +per week$/)
    expect(calm).toMatch(
      /^calm +386 +2025-05-31 – 2025-06-16 +0 +0 +[1-9]\d* +\d+\.\d+ +today: never alerts: alert_exclude_metrics$/,
    )
    expect(shop).toMatch(/^shop\{country=US\} +386 .* [1-9]\d* +\d+\.\d+ +[1-9]\d* +\d+\.\d+$/)
    expect(young).toMatch(/^young +– +– +– +– +– +– +still learning, 5 of 14 points$/)
    expect(all).toMatch(/^all /)
    expect(stdout).toMatch(
      /newest alerts\n {2}calm +with --set .*\n {2}shop\{country=US\} +today +2025-06-1\d \d\d:00/,
    )
    expect(stdout).toContain('Nothing was written, and nothing was sent.')
  })

  it('takes every key of a batch: also one that has the models judge anew', async () => {
    const dir = await projectWith()
    const few = await simulated(
      dir,
      '--metric',
      'shop',
      '--set',
      'train_min_n=100',
      '--set',
      'ml_algorithm=IForest',
    )
    expect(few.metrics.map(({ metric }) => metric)).toEqual(['shop{country=US}'])
    expect(outcomeOf(few, 'shop{country=US}')?.points).toBe(386)
    // A model is fitted anew after every fifth more points: the first with so many comes a little later.
    const { points } = outcomeOf(few, 'shop{country=US}', 'changed')!
    expect([points > 280, points <= 300]).toEqual([true, true])
    const budget = await simulated(dir, '--metric', 'shop', '--set', 'alert_budget=1 per day')
    const [today, changed] = [
      outcomeOf(budget, 'shop{country=US}'),
      outcomeOf(budget, 'shop{country=US}', 'changed'),
    ]
    expect(changed!.alerts).toBeGreaterThan(today!.alerts)
  })

  it('looks at a part of the time', async () => {
    const dir = await projectWith()
    const from = ['--from', new Date(START + 300 * HOUR).toISOString()]
    const [all, part] = [await simulated(dir), await simulated(dir, ...from)]
    const times = (answer: SimulatedJson) => outcomeOf(answer, 'shop{country=US}')?.times ?? []
    expect(times(part)).toEqual(times(all).filter((time) => Date.parse(time) >= START + 300 * HOUR))
    expect(outcomeOf(part, 'shop{country=US}')?.points).toBe(100)
  })

  it('says how small an anomaly is found, and says the same again', async () => {
    const dir = await projectWith('alert_exclude_metrics: [shop]\n')
    const args = ['--inject', '--set', 'alert_threshold=1', 'alert_smooth_n=30']
    const first = await simulated(dir, ...args)
    const { noise, smallest } = outcomeOf(first, 'calm')!.injected!
    expect(smallest.map(({ kind }) => kind)).toEqual([
      'spike',
      'dip',
      'level shift',
      'trend break',
      'flat line',
      'variance change',
    ])
    const shift = smallest.find(({ kind }) => kind === 'level shift')!
    expect([1, 2, 3, 4, 6, 8, 12]).toContain(shift.size)
    expect(shift.share).toBeGreaterThanOrEqual(0.8)
    expect(shift.change).toBeCloseTo(shift.size! * noise, 9)
    // A mean of 30 scores never reaches 1 within 10 points.
    for (const each of outcomeOf(first, 'calm', 'changed')!.injected!.smallest)
      expect([each.size, each.share]).toEqual([null, 0])
    expect(outcomeOf(first, 'shop{country=US}')?.injected).toEqual({
      status: 'not tried',
      why: 'it never alerts: alert_exclude_metrics',
    })
    const alone = await simulated(dir, '--metric', 'calm', '--inject')
    expect(outcomeOf(alone, 'calm')).toEqual(outcomeOf(first, 'calm'))
    const { stdout } = await simulate(dir, '--metric', 'calm', '--inject')
    expect(stdout).toMatch(
      /^metric +noise +spike +dip +level shift +trend break +flat line +variance change$/m,
    )
    expect(stdout).toMatch(/^calm +[\d.]+ {2}.*\d+ \([\d.]+\)/m)
  })

  it('tells of a metric that cannot be judged, and judges the others', async () => {
    const dir = await projectWith(
      `preprocess_fn: |\n  export function preprocess({ timestamps, values }) {\n    if (values.length < 10) throw new Error('too young')\n    return { timestamps, rows: Array.from(values, (value) => [value]) }\n  }\nmodel_configs: IForest\n`,
    )
    const { code, stdout } = await simulate(dir, '--inject')
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^young .*failed: .*too young/m)])
    expect(stdout).toMatch(/^calm +\d+ /m)
    expect(stdout).toContain('not tried\n  calm: the batch has a preprocess_fn of its own\n')
  })

  it('refuses what it does not understand, and says what was meant', async () => {
    const dir = await projectWith()
    const wrong: readonly (readonly [args: readonly string[], said: string])[] = [
      [['--batch', 'sale'], 'there is no batch "sale"; did you mean "sales"?'],
      [['--metric', 'calmm'], 'there is no metric "calmm" with points in this time; did you mean "calm"?'],
      [
        ['--set', 'alert_treshold=0.9'],
        '--set: there is no key "alert_treshold" (did you mean alert_threshold?)',
      ],
      [['--set', 'alert_threshold=9'], '--set: alert_threshold: expected at most 1'],
      [['--set', 'model_configs=ifores'], 'unknown detector "ifores"'],
      [['--set', 'alert_threshold'], '"alert_threshold" is not a key and a value; write key=value'],
      [['--set', 'min_change='], 'min_change has no value; write min_change=null'],
      [['--set', 'min_change=1', '--set', 'min_change=2'], 'min_change is given twice'],
      [['--set', 'alert_threshold=0.9', 'alert_budget=1 per week'], 'leave one of them out'],
      [['--set', 'metric_batch=x'], 'metric_batch names the batch'],
      [['--set', 'disable_batch=true'], 'with these values the batch is disabled'],
      [['--from', '2025-07-01'], '--from is not before --to'],
    ]
    for (const [args, said] of wrong) {
      const { code, stdout, stderr } = await simulate(dir, ...args)
      expect([args, code, stdout, stderr]).toEqual([args, 2, '', expect.stringContaining(said)])
    }
  })

  it('says what to do where nothing was ingested yet', async () => {
    const dir = await folderWith({
      'metrics/sales.yaml': 'metric_batch: sales\ndb: sqlite\ningest_sql: select 1\n',
    })
    const { code, stderr } = await simulate(dir)
    expect(code).toBe(1)
    expect(stderr).toContain(
      'it has no history in this time; `anomstack run ingest --batch sales` reads some',
    )
  })
})
