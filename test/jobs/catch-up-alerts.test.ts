import { describe, expect, it } from 'vitest'
import type { AlertKind } from '../../src/alerts/alert.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from './series.ts'

const BOUNDS =
  'disable_tholdalert: false\ntholdalert_methods: console\ntholdalert_thresholds: {m: {upper: 150}}\n'
const QUICK = 'disable_train: true\ndisable_score: true\ndisable_alert: true\n'

const jumping = (count: number, ...at: readonly number[]) =>
  calm(count).map((value, index) => (at.includes(index) ? value + 100 : value))

async function openBatch(kind: AlertKind, more: string, values: readonly number[] = calm(100)) {
  const dir = await createProject({ 'a.yaml': batchYaml('a', QUICK + more), 'a.sql': valuesSql(values) })
  let opened = await openApp(dir)
  return {
    app: () => opened.app,
    async pipeline(next: readonly number[]) {
      await writeFiles(dir, { 'a.sql': valuesSql(next) })
      expect((await opened.run('pipeline', 'a', justAfter(next.length))).status).toBe('succeeded')
    },
    async configure(settings: string) {
      await writeFiles(dir, { 'a.yaml': batchYaml('a', QUICK + settings) })
      opened = await openApp(dir)
    },
    async alerts() {
      const found = await opened.app.control.alerts.list({ kind, limit: 500 })
      return found
        .map(({ timestamp, reason }) => ({ at: (timestamp - START) / MINUTE, reason }))
        .sort((a, b) => a.at - b.at)
    },
    rows: (type: 'tholdalert' | 'change') => opened.points('a', 'm', type),
  }
}

const cases = [
  {
    kind: 'threshold',
    settings: `${BOUNDS}disable_change: true\n`,
    off: 'disable_change: true\n',
    row: 'tholdalert',
  },
  { kind: 'change', settings: '', off: 'disable_change: true\n', row: 'change' },
] as const

describe.each(cases)('alerts of kind $kind', ({ kind, settings, off, row }) => {
  it('are raised for points that came together, however many came after them', async () => {
    const { pipeline, alerts, rows } = await openBatch(kind, settings)
    await pipeline(calm(100))
    await pipeline(jumping(1500, 110, 700, 1400))
    expect((await alerts()).map(({ at }) => at)).toEqual([110, 700, 1400])
    await pipeline(jumping(1500, 110, 700, 1400))
    await pipeline(jumping(1501, 110, 700, 1400))
    expect(await alerts()).toHaveLength(3)
    expect((await rows(row)).timestamps).toHaveLength(3)
  })

  it('are the same, word by word, as when every point had come by itself', async () => {
    const values = jumping(190, 104, 105, 120, 121, 122, 123, 124, 150, 171)
    const together = await openBatch(kind, settings)
    const one = await openBatch(kind, settings)
    for (const { pipeline } of [together, one]) await pipeline(values.slice(0, 100))
    for (let count = 101; count <= values.length; count++) await one.pipeline(values.slice(0, count))
    await together.pipeline(values)
    expect((await one.alerts()).length).toBeGreaterThan(3)
    expect(await together.alerts()).toEqual(await one.alerts())
  })

  it('look only at the newest points of a metric that nobody has looked at before', async () => {
    const { pipeline, alerts } = await openBatch(kind, settings)
    await pipeline(jumping(100, 50, 98))
    expect(await alerts()).toEqual([])
    await pipeline(jumping(101, 50, 98, 100))
    expect(await alerts()).toHaveLength(1)
  })

  it('are not raised later for what came while they were switched off', async () => {
    const { pipeline, configure, alerts } = await openBatch(kind, settings)
    await pipeline(calm(100))
    await configure(off)
    await pipeline(jumping(120, 110))
    await configure(settings)
    await pipeline(jumping(140, 110))
    expect(await alerts()).toEqual([])
    await pipeline(jumping(160, 110, 150))
    expect((await alerts()).map(({ at }) => at)).toEqual([150])
  })

  it('are looked for again when the process died before it was noted that they were', async () => {
    const { app, pipeline, alerts } = await openBatch(kind, settings)
    await pipeline(calm(100))
    const before = await app().control.alerts.lastSeen('a', kind)
    await pipeline(jumping(130, 110))
    await app().control.alerts.saveSeen('a', kind, before!)
    await pipeline(jumping(130, 110))
    expect((await alerts()).map(({ at }) => at)).toEqual([110])
  })
})

it('a metric that is watched anew begins anew, and one that is gone is forgotten', async () => {
  const { app, pipeline, configure, alerts } = await openBatch('change', '')
  await pipeline(calm(100))
  await configure('change_exclude_metrics: [m]\n')
  await pipeline(jumping(120, 110))
  expect([...(await app().control.alerts.lastSeen('a', 'change'))!]).toEqual([])
  await configure('')
  await pipeline(jumping(140, 110))
  expect(await alerts()).toEqual([])
})
