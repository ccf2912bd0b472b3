import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ROW_TYPE_OF } from '../../src/alerts/alert.ts'
import type { JobName } from '../../src/runs/run.ts'
import { batchYaml, calm, MINUTE, START, valuesSql } from '../jobs/series.ts'
import { createProject, openApp, writeFiles } from '../project.ts'

const FIRST = 40
const LONGEST = 90
const RUNS = 6

const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('grow' as const), by: fc.integer({ min: 1, max: 8 }), spike: fc.boolean() }),
    fc.record({
      do: fc.constant('restate' as const),
      back: fc.integer({ min: 0, max: 30 }),
      by: fc.constantFrom(-80, 0.5, 80),
    }),
    fc.constantFrom<{ do: JobName }>(
      { do: 'ingest' },
      { do: 'train' },
      { do: 'score' },
      { do: 'alert' },
      { do: 'change' },
      { do: 'pipeline' },
    ),
  ),
  { minLength: 12, maxLength: 18 },
)

it('jobs in any order, over values that grow and change, leave each row and each alert once', async () => {
  const more = `alert_recent_n: 5
alert_smooth_n: 1
alert_snooze_n: 0
change_snooze_n: 0
change_detect_last_n: 3
missing: alert
disable_tholdalert: false
tholdalert_methods: console
tholdalert_snooze_n: 0
tholdalert_recent_n: 5
tholdalert_thresholds: {m: {upper: 150, lower: 50}}
train_cron_schedule: '* * * * *'
model_configs: [{model_name: KNN}]
`
  const names = Array.from({ length: RUNS }, (_, index) => `b${index}`)
  const dir = await createProject(
    Object.fromEntries(
      names.flatMap((name) => [
        [`${name}.yaml`, batchYaml(name, more)],
        [`${name}.sql`, valuesSql(calm(FIRST))],
      ]),
    ),
  )
  const { app, run } = await openApp(dir)
  let used = 0
  let raised = 0

  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const batch = names[used++]!
      const values = calm(LONGEST + 200)
      let count = FIRST
      let at = START + FIRST * MINUTE
      const write = () => writeFiles(dir, { [`${batch}.sql`]: valuesSql(values.slice(0, count)) })
      const execute = async (job: JobName) => {
        const { status, error } = await run(job, batch, at++)
        expect({ status, error }).toEqual({ status: 'succeeded', error: undefined })
      }
      await execute('pipeline')
      for (const command of sequence) {
        if (command.do === 'grow' && 'by' in command && 'spike' in command) {
          count = Math.min(values.length, count + command.by)
          if (command.spike) values[count - 1] = 190
          at = Math.max(at, START + count * MINUTE)
          await write()
        } else if (command.do === 'restate' && 'back' in command) {
          values[count - 1 - command.back]! += command.by
          await write()
        } else await execute(command.do)
      }
      await execute('pipeline')
      const before = await everything(batch)
      await execute('pipeline')
      expect(await everything(batch)).toEqual(before)
      raised += before.alerts.length
    }),
    { numRuns: RUNS, endOnFailure: true },
  )
  expect(raised).toBeGreaterThan(0)

  async function everything(batch: string) {
    const found = app.project.batches.get(batch)!
    const rows = await app
      .database(found)
      .query(
        `select metric_type as type, metric_timestamp as at, metric_value as value from metrics where metric_batch = '${batch}' order by 1, 2`,
      )
    const keys = rows.map(({ type, at }) => `${String(type)} ${String(at)}`)
    expect(new Set(keys).size).toBe(keys.length)
    const alerts = (await app.control.alerts.list({ batch, limit: 500 })).map(
      ({ kind, timestamp }) =>
        `${ROW_TYPE_OF[kind]} ${new Date(timestamp).toISOString().slice(0, -1).replace('T', ' ')}`,
    )
    expect(new Set(alerts).size).toBe(alerts.length)
    const types = new Set<string>(Object.values(ROW_TYPE_OF))
    expect(keys.filter((key) => types.has(key.split(' ')[0]!)).sort()).toEqual([...alerts].sort())
    return { rows, alerts }
  }
})
