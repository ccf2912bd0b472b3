import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/alerts/alert.ts'
import { createId, firstIdAt } from '../../src/control/ids.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const finding = (batch: string, timestamp: number): Finding => ({
  batch,
  metric: 'm',
  kind: 'anomaly',
  timestamp,
  value: 1,
  reason: 'far above',
  details: {},
})

describe.each(ENGINES)('$engine', ({ controls: make }) => {
  const controls = make()

  it('finds the newest run of many batches and jobs, parts of runs apart, whatever their names are', async () => {
    const { runs } = await controls.open()
    const ended = async (batch: string, job: 'train' | 'score', now: number, shard?: string) => {
      const part = shard === undefined ? {} : { shard, parent: 'p' }
      const { run } = await runs.enqueue({ job, batch, trigger: 'manual', ...part }, { now })
      await runs.claimById(run.id, { executor: 'e', now })
      await runs.finish(run.id, { attempt: 1, executor: 'e', status: 'succeeded', now: now + 1 })
      return run.id
    }
    const expected: string[] = []
    for (const name of HOSTILE_NAMES) {
      await ended(name, 'train', 1)
      expected.push(await ended(name, 'train', 2))
      await ended(name, 'train', 3, 'part')
      await runs.enqueue({ job: 'train', batch: name, trigger: 'manual' }, { now: 4 })
      expected.push(await ended(name, 'score', 5))
    }
    const others = Array.from({ length: 500 }, (_, index) => `other ${index}`)
    const jobs = ['train', 'score', 'ingest']
    const found = await runs.newest({ batches: [...others, ...HOSTILE_NAMES], jobs, status: 'succeeded' })
    expect(found.map(({ id }) => id).sort()).toEqual(expected.sort())
    expect(await runs.newest({ batches: [], jobs, status: 'failed' })).toEqual([])
    expect(await runs.newest({ batches: others, jobs: [], status: 'failed' })).toEqual([])
  })

  it('lists runs by when they were queued', async () => {
    const { runs } = await controls.open()
    const ids: string[] = []
    for (const now of [10, 11, 11, 12])
      ids.push((await runs.enqueue({ job: 'train', batch: 'a', trigger: 'manual' }, { now })).run.id)
    const list = async (filter: { from?: number; to?: number }) =>
      (await runs.list({ ...filter, limit: 9 })).map(({ id }) => id).reverse()
    expect(await list({ from: 11 })).toEqual(ids.slice(1))
    expect(await list({ from: 10.5, to: 11.5 })).toEqual(ids.slice(1, 3))
    expect(await list({ to: 10 })).toEqual(ids.slice(0, 1))
    expect(await list({ from: -5, to: 9 })).toEqual([])
  })

  it('knows how channels fare, and the newest alert of each batch', async () => {
    const { alerts } = await controls.open()
    const raise = async (batch: string, timestamp: number, channels: readonly string[]) => {
      const [alert] = await alerts.raise([finding(batch, timestamp)], { now: timestamp, channels })
      const deliveries = await alerts.deliveries({ alertId: alert!.id, limit: 9 })
      return (channel: string) => deliveries.find((delivery) => delivery.channel === channel)!.id
    }
    const [old, late, quiet] = [
      await raise('sales', 10, ['slack', 'email']),
      await raise('sales', 20, ['slack', 'email', 'pager']),
      await raise("it's quiet", 30, ['slack']),
    ]
    await alerts.settle(old('slack'), { status: 'delivered', now: 11 })
    await alerts.settle(late('slack'), { status: 'delivered', now: 21 })
    await alerts.settle(old('email'), { status: 'dead', problem: 'full' })
    await alerts.settle(late('email'), { status: 'dead', problem: 'full' })
    await alerts.settle(quiet('slack'), { status: 'skipped', problem: 'off' })
    const asked = [
      { batch: 'sales', channel: 'slack' },
      { batch: 'sales', channel: 'email' },
      { batch: 'sales', channel: 'never' },
      { batch: "it's quiet", channel: 'slack' },
    ]
    const standings = await alerts.standings(asked)
    expect(standings).toHaveLength(5)
    for (const standing of [
      { batch: 'sales', channel: 'slack', deliveredAt: 21, pending: 0, dead: 0 },
      { batch: 'sales', channel: 'email', pending: 0, dead: 2, deadSince: 20 },
      { batch: 'sales', channel: 'never', pending: 0, dead: 0 },
      { batch: 'sales', channel: 'pager', pending: 1, pendingSince: 20, dead: 0 },
      { batch: "it's quiet", channel: 'slack', pending: 0, dead: 0 },
    ])
      expect(standings).toContainEqual(standing)
    expect(await alerts.standings([])).toEqual([])
    const newest = await alerts.newest(['sales', "it's quiet", 'nobody'])
    expect(newest.map(({ timestamp }) => timestamp).toSorted((a, b) => a - b)).toEqual([20, 30])
    expect(await alerts.newest([])).toEqual([])
  })
})

it('begins the ids of a moment with what sorts before them', () => {
  for (const time of [0, 1, 1_750_000_000_000, 2 ** 47]) {
    const id = createId(time)
    expect(id > firstIdAt(time)).toBe(true)
    expect(id < firstIdAt(time + 1)).toBe(true)
  }
})
