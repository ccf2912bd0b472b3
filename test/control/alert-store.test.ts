import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/alerts/alert.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const finding = (metric: string, timestamp: number, more: Partial<Finding> = {}): Finding => ({
  batch: 'sales',
  metric,
  kind: 'anomaly',
  timestamp,
  value: 12.5,
  score: 0.91,
  reason: 'far above what is usual',
  details: { threshold: 0.8 },
  ...more,
})
const CHANNELS = ['email', 'slack']

describe.each(ENGINES)('on $engine', ({ controls: create }) => {
  const controls = create()

  describe('alerts', () => {
    it('are raised once by batch, metric, kind and timestamp, with one delivery for each channel', async () => {
      const { alerts } = await controls.open()
      const first = await alerts.raise([finding('a', 1), finding('b', 1), finding('a', 1)], {
        now: 50,
        channels: [...CHANNELS, 'slack'],
      })
      expect(first).toMatchObject([
        { ...finding('a', 1), raisedAt: 50, replayed: false },
        { ...finding('b', 1), raisedAt: 50, replayed: false },
      ])
      const again = await alerts.raise(
        [finding('b', 1, { value: 99 }), finding('b', 2), finding('b', 1, { kind: 'change' })],
        {
          now: 60,
          channels: CHANNELS,
        },
      )
      expect(again.map(({ kind, timestamp }) => [kind, timestamp])).toEqual([
        ['anomaly', 2],
        ['change', 1],
      ])
      expect((await alerts.get(first[1]!.id))?.value).toBe(12.5)
      expect(await alerts.deliveries({ limit: 100 })).toHaveLength(8)
      expect(await alerts.deliveries({ alertId: first[0]!.id, limit: 100 })).toMatchObject(
        ['slack', 'email'].map((channel) => ({ channel, status: 'pending', attempts: 0, dueAt: 50 })),
      )
      expect(await alerts.raise([], { now: 1, channels: CHANNELS })).toEqual([])
    })

    it('keep every name and value as it is', async () => {
      const { alerts } = await controls.open()
      for (const name of HOSTILE_NAMES) {
        const given = finding(name, 7, {
          batch: name,
          reason: name,
          details: Object.fromEntries([[name, [name]]]),
          value: -0.1,
        })
        const [alert] = await alerts.raise([given], { now: 1, channels: [name] })
        expect(await alerts.get(alert!.id)).toEqual({ ...given, id: alert!.id, raisedAt: 1, replayed: false })
        expect(await alerts.list({ batch: name, metric: name, limit: 5 })).toEqual([alert])
      }
      const odd = [Number.NaN, Number.POSITIVE_INFINITY, 1e308, 5e-324]
      const raised = await alerts.raise(
        odd.map((value, index) => finding('odd', index, { value })),
        { now: 1, channels: [] },
      )
      for (const [index, alert] of raised.entries())
        expect((await alerts.get(alert.id))?.value).toBe(odd[index])
    })

    it('that replay history are never delivered', async () => {
      const { alerts } = await controls.open()
      const [alert] = await alerts.raise([finding('a', 1)], { now: 1, channels: CHANNELS, replayed: true })
      expect(alert?.replayed).toBe(true)
      expect(await alerts.deliveries({ limit: 10 })).toEqual([])
      expect(await alerts.raise([finding('a', 1)], { now: 2, channels: CHANNELS })).toEqual([])
      expect(await alerts.nextDue()).toBeUndefined()
    })

    it('can be thousands at a time', async () => {
      const { alerts } = await controls.open()
      const many = Array.from({ length: 3_000 }, (_, index) => finding(`m${index}`, index))
      expect(await alerts.raise(many, { now: 1, channels: CHANNELS })).toHaveLength(3_000)
      expect(await alerts.raise(many, { now: 2, channels: CHANNELS })).toHaveLength(0)
      const ids = (await alerts.ofBatch({ batch: 'sales', since: 1_000 })).map((alert) => alert.id)
      expect(ids).toHaveLength(2_000)
      await alerts.markRevised(ids, 9)
      await alerts.markRevised(ids, 10)
      expect((await alerts.get(ids[0]!))?.revisedAt).toBe(9)
      expect((await alerts.ofBatch({ batch: 'sales', since: 999 }))[0]).not.toHaveProperty('revisedAt')
    })

    it('are over once, and whoever is to be told of that is told once', async () => {
      const { alerts, notices } = await controls.open()
      const [told, silent] = await alerts.raise([finding('a', 5), finding('b', 6)], { now: 7, channels: [] })
      const notice = {
        kind: 'anomaly',
        subject: 'sales: a',
        since: 5,
        title: 'over',
        text: 'It is over.',
        details: {},
      } as const
      const recoveries = [
        { id: told!.id, at: 8, notice },
        { id: silent!.id, at: 9 },
        { id: 'none', at: 1, notice },
      ]
      expect(await alerts.markRecovered(recoveries, { now: 10, channels: CHANNELS })).toBe(2)
      expect(await alerts.markRecovered(recoveries, { now: 11, channels: CHANNELS })).toBe(0)
      expect(await alerts.markRecovered([], { now: 11, channels: CHANNELS })).toBe(0)
      expect((await alerts.get(told!.id))?.recoveredAt).toBe(8)
      expect((await alerts.get(silent!.id))?.recoveredAt).toBe(9)
      const [over, ...others] = await notices.list({ limit: 10 })
      expect(others).toEqual([])
      expect(over).toMatchObject({ ...notice, phase: 'resolved', raisedAt: 10, endedAt: 10 })
      expect(await alerts.deliveries({ alertId: over!.id, limit: 10 })).toHaveLength(CHANNELS.length)
      expect(await notices.opened('anomaly')).toEqual([])
    })

    it('are listed newest first, by filter and by page', async () => {
      const { alerts } = await controls.open()
      const given = [
        finding('a', 3),
        finding('b', 1),
        finding('a', 2, { kind: 'change' }),
        finding('b', 3),
        finding('c', 2),
      ]
      await alerts.raise(given, { now: 1, channels: [] })
      const all = await alerts.list({ limit: 10 })
      expect(all.map(({ timestamp }) => timestamp)).toEqual([3, 3, 2, 2, 1])
      const paged = []
      let before: string | undefined
      for (;;) {
        const page = await alerts.list({ limit: 2, ...(before === undefined ? {} : { before }) })
        paged.push(...page)
        if (page.length < 2) break
        before = page.at(-1)?.id
      }
      expect(paged).toEqual(all)
      expect(await alerts.list({ metric: 'a', kind: 'change', limit: 10 })).toHaveLength(1)
      expect(await alerts.list({ batch: 'other', limit: 10 })).toEqual([])
      expect(
        (await alerts.ofBatch({ batch: 'sales', since: 2, kinds: ['anomaly'] })).map((alert) => alert.metric),
      ).toEqual(['c', 'a', 'b'])
      await expect(alerts.list({ before: 'nothing', limit: 2 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })
  })

  describe('deliveries', () => {
    const take = { executor: 'e', leaseMs: 60, limit: 10 }

    it('are leased: nobody else gets them until the lease ends', async () => {
      const { alerts } = await controls.open()
      await alerts.raise([finding('a', 1)], { now: 100, channels: CHANNELS })
      await alerts.raise([finding('b', 1)], { now: 90, channels: ['email'] })
      expect(await alerts.nextDue()).toBe(90)
      expect(await alerts.takeDue({ ...take, now: 89 })).toEqual([])
      const due = await alerts.takeDue({ ...take, now: 100, limit: 2 })
      expect(due.map((delivery) => ['alert' in delivery && delivery.alert.metric, delivery.channel])).toEqual(
        [
          ['b', 'email'],
          ['a', 'email'],
        ],
      )
      expect(await alerts.takeDue({ ...take, now: 100 })).toHaveLength(1)
      expect(await alerts.takeDue({ ...take, now: 159 })).toEqual([])
      expect(await alerts.nextDue()).toBe(160)
      expect(await alerts.takeDue({ ...take, now: 160 })).toHaveLength(3)
    })

    it('end, are tried again later, die, or are skipped', async () => {
      const { alerts } = await controls.open()
      await alerts.raise([finding('a', 1)], { now: 10, channels: ['one', 'two', 'three', 'four'] })
      const [one, two, three, four] = (await alerts.takeDue({ ...take, now: 10 })).map(
        (delivery) => delivery.id,
      )
      await alerts.settle(one!, { status: 'delivered', now: 11 })
      await alerts.settle(two!, { status: 'pending', dueAt: 500, problem: 'busy' })
      await alerts.settle(three!, { status: 'dead', problem: 'gone' })
      await alerts.settle(four!, { status: 'skipped', problem: 'not configured' })
      const byChannel = async () =>
        Object.fromEntries(
          (await alerts.deliveries({ limit: 10 })).map(
            ({ channel, status, attempts, dueAt, deliveredAt, problem }) => [
              channel,
              { status, attempts, dueAt, deliveredAt, problem },
            ],
          ),
        )
      expect(await byChannel()).toEqual({
        one: { status: 'delivered', attempts: 1, dueAt: 10, deliveredAt: 11 },
        two: { status: 'pending', attempts: 1, dueAt: 500, problem: 'busy' },
        three: { status: 'dead', attempts: 1, dueAt: 10, problem: 'gone' },
        four: { status: 'skipped', attempts: 0, dueAt: 10, problem: 'not configured' },
      })
      expect(await alerts.nextDue()).toBe(500)
      expect(await alerts.deliveries({ status: 'dead', limit: 10 })).toHaveLength(1)

      expect(await alerts.retryDelivery(one!, 600)).toBe(false)
      expect(await alerts.retryDelivery(two!, 600)).toBe(false)
      expect(await alerts.retryDelivery('nothing', 600)).toBe(false)
      expect(await alerts.retryDelivery(three!, 600)).toBe(true)
      expect(await alerts.retryDelivery(four!, 600)).toBe(true)
      expect((await byChannel()).three).toEqual({
        status: 'pending',
        attempts: 0,
        dueAt: 600,
        problem: 'gone',
      })
      expect(await alerts.takeDue({ ...take, now: 600 })).toHaveLength(3)
    })

    it('that were delivered stay so, whatever a late attempt says', async () => {
      const { alerts } = await controls.open()
      await alerts.raise([finding('a', 1)], { now: 10, channels: ['one'] })
      const [taken] = await alerts.takeDue({ ...take, now: 10 })
      await alerts.settle(taken!.id, { status: 'dead', problem: 'slow' })
      await alerts.settle(taken!.id, { status: 'delivered', now: 20 })
      await alerts.settle(taken!.id, { status: 'pending', dueAt: 30, problem: 'late' })
      await alerts.settle(taken!.id, { status: 'delivered', now: 40 })
      expect(await alerts.deliveries({ limit: 1 })).toMatchObject([
        { status: 'delivered', attempts: 2, deliveredAt: 20 },
      ])
    })
  })
})
