import { describe, expect, it } from 'vitest'
import { freshness } from '../../../src/orchestrator/sensors/freshness.ts'
import { createFakeClock } from '../../fake-clock.ts'
import { createProject, openApp, writeFiles } from '../../project.ts'
import { check, hookAt, servicesOf } from './rig.ts'

const START = Date.UTC(2024, 0, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const values = (metrics: Readonly<Record<string, number>>): string => {
  const rows = Object.entries(metrics).flatMap(([name, count]) =>
    Array.from(
      { length: count },
      (_, index) =>
        `('${new Date(START + index * 10 * MINUTE).toISOString()}', '${name.replaceAll("'", "''")}', ${index})`,
    ),
  )
  return `select column1 as metric_timestamp, column2 as metric_name, column3 as metric_value from (values ${rows.join(', ')})`
}

const batch = (more = '') =>
  `metric_batch: shop\ndb: sqlite\nalert_methods: hook\nfresh_within: 1h\nmetrics: [all]\n${more}`

async function shop(metrics: Readonly<Record<string, number>>, more = '') {
  const dir = await createProject({
    'anomstack.yaml': hookAt('http://127.0.0.1:9'),
    'shop.yaml': batch(more),
    'all.sql': values(metrics),
  })
  const opened = await openApp(dir)
  const clock = createFakeClock(START + 2 * HOUR)
  const services = servicesOf(opened.app, { clock })
  return { ...opened, dir, clock, services, sensor: freshness(services), control: opened.app.control }
}

const alertsOf = async ({ control }: Awaited<ReturnType<typeof shop>>) =>
  (await control.alerts.list({ limit: 50 })).map(({ metric, kind, timestamp }) => [
    metric,
    kind,
    (timestamp - START) / MINUTE,
  ])

describe('freshness', () => {
  it('raises an alert for a metric without news although nothing runs, once for a gap, and again for the next', async () => {
    const watched = await shop({ fresh: 13, stale: 5 })
    const { run, clock, sensor, control, points } = watched
    expect((await run('ingest', 'shop', START + 2 * HOUR)).status).toBe('succeeded')
    clock.set(START + 110 * MINUTE)
    await check(sensor)
    expect(await alertsOf(watched)).toEqual([['stale', 'missing-data', 50]])
    const [alert] = await control.alerts.list({ limit: 1 })
    expect(alert?.reason).toBe('No data since 2024-01-01T00:40:00.000Z.')
    expect(await control.alerts.deliveries({ alertId: alert!.id, limit: 5 })).toMatchObject([
      { channel: 'hook', status: 'pending' },
    ])
    const rows = await points('shop', 'stale', 'missingalert')
    expect([...rows.timestamps]).toEqual([START + 50 * MINUTE])

    clock.set(START + 125 * MINUTE)
    await check(sensor)
    await check(freshness(watched.services))
    expect(await alertsOf(watched)).toHaveLength(1)

    await writeFiles(watched.dir, { 'all.sql': values({ fresh: 24, stale: 15 }) })
    watched.app.useProject(await watched.services.loadProject())
    await run('ingest', 'shop', START + 4 * HOUR)
    clock.set(START + 4 * HOUR)
    await check(sensor)
    expect(await alertsOf(watched)).toEqual([
      ['stale', 'missing-data', 150],
      ['stale', 'missing-data', 50],
    ])
  })

  it('is told of the whole batch once when nothing in it has news', async () => {
    const watched = await shop({ a: 5, b: 6, "it's": 6 })
    await watched.run('ingest', 'shop', START + 2 * HOUR)
    watched.clock.set(START + 5 * HOUR)
    await Promise.all([check(watched.sensor), check(freshness(watched.services))])
    expect(await alertsOf(watched)).toEqual([['b', 'missing-data', 60]])
    const [alert] = await watched.control.alerts.list({ limit: 1 })
    expect(alert?.reason).toContain('None of the 3 metrics of the batch has had new data since.')
  })

  it.each(['sensor first', 'ingest first'])('and ingest raise one alert for a gap: %s', async (order) => {
    const watched = await shop({ orders: 6 }, 'missing: alert\n')
    const { run, clock, sensor } = watched
    await run('ingest', 'shop', START + 55 * MINUTE)
    clock.set(START + 3 * HOUR)
    if (order === 'sensor first') await check(sensor)
    await run('ingest', 'shop', START + 3 * HOUR)
    await check(freshness(watched.services))
    // Much longer than what ingest takes for a gap.
    await run('ingest', 'shop', START + 30 * HOUR)
    expect(await alertsOf(watched)).toEqual([['orders', 'missing-data', 60]])
  })

  it('writes the row of an alert that was recorded just before a crash', async () => {
    const watched = await shop({ fresh: 13, stale: 5 })
    await watched.run('ingest', 'shop', START + 2 * HOUR)
    watched.clock.set(START + 110 * MINUTE)
    const crashing = freshness({
      ...watched.services,
      database: (asked) => {
        const database = watched.app.database(asked)
        return {
          ...database,
          metricsTable: (name) => ({
            ...database.metricsTable(name),
            upsert: () => Promise.reject(new Error('killed')),
          }),
        }
      },
    })
    await check(crashing)
    expect([...(await watched.points('shop', 'stale', 'missingalert')).timestamps]).toEqual([])
    await check(watched.sensor)
    expect([...(await watched.points('shop', 'stale', 'missingalert')).timestamps]).toEqual([
      START + 50 * MINUTE,
    ])
    expect(await alertsOf(watched)).toHaveLength(1)
  })

  it('goes on with other batches when the database of one cannot be read', async () => {
    const watched = await shop({ stale: 5, fresh: 13 })
    await watched.run('ingest', 'shop', START + 2 * HOUR)
    await writeFiles(watched.dir, {
      'a.yaml': batch().replace('metric_batch: shop', 'metric_batch: a_broken'),
    })
    watched.app.useProject(await watched.services.loadProject())
    watched.clock.set(START + 110 * MINUTE)
    await check(
      freshness({
        ...watched.services,
        database(asked) {
          if (asked.name === 'a_broken') throw new Error('no such host')
          return watched.app.database(asked)
        },
      }),
    )
    expect(await alertsOf(watched)).toEqual([['stale', 'missing-data', 50]])
  })
})
