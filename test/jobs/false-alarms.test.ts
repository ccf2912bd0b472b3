import { describe, expect, it } from 'vitest'
import { createProject, openApp, type ProjectApp, writeFiles } from '../project.ts'
import { batchYaml, calm, DAY, HOUR, justAfter, MINUTE, START, valuesSql } from './series.ts'

const quiet = 'disable_change: true\n'

/** Lets a metric's values come one by one, a pipeline run after each. */
async function live(
  dir: string,
  run: ProjectApp['run'],
  values: readonly number[],
  from: number,
): Promise<void> {
  for (let count = from; count <= values.length; count++) {
    await writeFiles(dir, { 'a.sql': valuesSql(values.slice(0, count)) })
    await run('pipeline', 'a', justAfter(count))
  }
}

describe('classic false alarms', () => {
  it('level shift: one alert, and then the new level is normal', async () => {
    const values = [...calm(100), ...calm(20, 160)]
    const dir = await createProject({
      'a.yaml': batchYaml('a', quiet),
      'a.sql': valuesSql(values.slice(0, 100)),
    })
    const { app, run } = await openApp(dir)
    await live(dir, run, values, 100)
    expect(await app.control.alerts.list({ limit: 10 })).toHaveLength(1)
  })

  it('counter reset: a counter that starts anew alerts once', async () => {
    const climbing = Array.from({ length: 110 }, (_, i) => (i < 100 ? 1000 + i * 5 : (i - 100) * 5))
    const values = climbing.map((value, i) => value + Math.sin(i * 1.7))
    const dir = await createProject({
      'a.yaml': batchYaml('a', quiet),
      'a.sql': valuesSql(values.slice(0, 99)),
    })
    const { app, run } = await openApp(dir)
    await live(dir, run, values, 99)
    expect(await app.control.alerts.list({ limit: 10 })).toHaveLength(1)
  })

  it('ten times more series overnight: they are learning, the old ones go on, nobody is told', async () => {
    const series = (count: number, names: readonly string[]) =>
      names.map((name) => valuesSql(calm(count), { name })).join(' union all ')
    const names = Array.from({ length: 30 }, (_, i) => `m${i}`)
    const dir = await createProject({
      'a.yaml': batchYaml('a', quiet),
      'a.sql': series(40, names.slice(0, 3)),
    })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(40))
    await writeFiles(dir, { 'a.sql': series(42, names) })
    expect((await run('pipeline', 'a', justAfter(42))).status).toBe('succeeded')
    expect((await points('a', 'm0', 'score')).timestamps.at(-1)).toBe(START + 41 * MINUTE)
    expect(await app.control.alerts.list({ limit: 10 })).toEqual([])
  })

  it('DST nights: days of 23 and 25 hours are days, none is missing, each is judged when it has ended', async () => {
    const berlin =
      'time_zone: Europe/Berlin\nmissing: zero\ntrain_metric_timestamp_max_days_ago: 300\nscore_metric_timestamp_max_days_ago: 60\n'
    // Midnights in Berlin around the 31st of March 2024: one hour earlier in UTC from that day's end on.
    const summer = Date.UTC(2024, 2, 31, 1)
    const midnights = Array.from({ length: 60 }, (_, i) => {
      const winter = Date.UTC(2024, 2, 1) + i * DAY - HOUR
      return winter >= summer ? winter - HOUR : winter
    })
    const rows = midnights.map((at, i) => `(${at}, ${calm(60)[i]})`).join(', ')
    const sql = `with v(t, x) as (values ${rows}) select t as metric_timestamp, 'm' as metric_name, x as metric_value from v`
    const dir = await createProject({ 'a.yaml': batchYaml('a', berlin), 'a.sql': sql })
    const { run, points } = await openApp(dir)
    const last = midnights.at(-1)!
    await run('pipeline', 'a', last + 12 * HOUR)
    expect(Array.from((await points('a', 'm', 'metric')).timestamps)).toEqual(midnights)
    expect((await points('a', 'm', 'score')).timestamps.at(-1)).toBe(midnights.at(-2))
    await run('score', 'a', last + DAY + MINUTE)
    expect((await points('a', 'm', 'score')).timestamps.at(-1)).toBe(last)
  })

  it('weekend: days without rows are no values and no alerts, unless the batch says that they are', async () => {
    const weekdays = calm(70).map((value, i) => ([5, 6].includes(i % 7) ? Number.NaN : value))
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'train_metric_timestamp_max_days_ago: 300\n'),
      'a.sql': valuesSql(weekdays, { stepMs: DAY }),
    })
    const { app, run, points } = await openApp(dir)
    expect((await run('pipeline', 'a', START + 71 * DAY)).status).toBe('succeeded')
    expect((await points('a', 'm', 'metric')).timestamps).toHaveLength(50)
    expect(await app.control.alerts.list({ limit: 10 })).toEqual([])
  })
})
