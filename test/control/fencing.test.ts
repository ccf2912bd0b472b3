import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/alerts/alert.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const finding = (timestamp: number): Finding => ({
  batch: 'sales',
  metric: 'm',
  kind: 'anomaly',
  timestamp,
  value: 1,
  reason: 'strange',
  details: {},
})

describe.each(ENGINES)('alerts on $engine', ({ controls: create }) => {
  const controls = create()

  it('are raised by a run only while its executor holds it', async () => {
    const { runs, alerts } = await controls.open()
    const { run } = await runs.enqueue({ job: 'alert', batch: 'sales', trigger: 'manual' }, { now: 1 })
    const raise = (timestamp: number, executor = 'e') =>
      alerts.raise([finding(timestamp)], { now: 2, channels: ['email'], by: { run: run.id, executor } })
    await expect(raise(1)).rejects.toMatchObject({ code: 'CONFLICT' })
    await runs.claimById(run.id, { executor: 'e', now: 2 })
    expect(await raise(2)).toHaveLength(1)
    await expect(raise(3, 'other')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`run "${run.id}" was taken over`),
    })
    await runs.recover({ now: 3, maxAttempts: 9, isDead: () => true })
    await expect(raise(4)).rejects.toMatchObject({ code: 'CONFLICT' })
    await runs.claimById(run.id, { executor: 'other', now: 4 })
    await expect(raise(5)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect((await alerts.list({ limit: 9 })).map(({ timestamp }) => timestamp)).toEqual([2])
    expect(await alerts.deliveries({ limit: 9 })).toHaveLength(1)
  })

  it('of a taken-over run do not concern what others write at the same moment', async () => {
    const { alerts } = await controls.open()
    const by = { run: 'none', executor: 'e' }
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        alerts.raise([finding(index)], { now: 2, channels: [], ...(index % 4 === 0 ? { by } : {}) }),
      ),
    )
    expect(results.map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index % 4 === 0 ? 'rejected' : 'fulfilled')),
    )
    expect(await alerts.list({ limit: 99 })).toHaveLength(15)
  })

  it('remember up to where values were seen, for each kind', async () => {
    const { alerts } = await controls.open()
    expect(await alerts.lastSeen('sales', 'threshold')).toBeUndefined()
    const seen = new Map(HOSTILE_NAMES.map((name, index) => [name, 1_764_000_000_000 + index]))
    await alerts.saveSeen('sales', 'threshold', seen)
    await alerts.saveSeen('sales', 'change', new Map())
    expect(await alerts.lastSeen('sales', 'threshold')).toEqual(seen)
    expect(await alerts.lastSeen('sales', 'change')).toEqual(new Map())
    expect(await alerts.lastSeen('other', 'change')).toBeUndefined()
    await alerts.saveSeen('sales', 'threshold', new Map([['m', 5]]))
    expect(await alerts.lastSeen('sales', 'threshold')).toEqual(new Map([['m', 5]]))
  })
})
