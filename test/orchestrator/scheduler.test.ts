import { describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { claimOne } from '../control/claim-one.ts'
import { schedule } from './schedule.ts'
import { MINUTE, START, schedulerSettings } from './scheduler-setting.ts'

const setting = schedulerSettings()

describe('a scheduler', () => {
  it('queues a run at each tick, with the tick as its key', async () => {
    const { start, clock, fired, control } = await setting('*/10 * * * * *')
    start()
    await clock.advance(29_000)
    expect(await fired()).toEqual(['2025-06-01T00:00:40.000Z'])
    const [run] = await control.runs.list({ limit: 1 })
    expect(run).toMatchObject({
      job: 'ingest',
      batch: 'sales',
      trigger: 'schedule',
      queuedAt: START + 10_000,
    })
    const again = { now: 1, idempotencyKey: 'schedule:ingest:sales:2025-06-01T00:00:40.000Z' }
    expect(
      (await control.runs.enqueue({ job: 'ingest', batch: 'sales', trigger: 'manual' }, again)).created,
    ).toBe(false)
  })

  it('fires 200 ticks 200 times, though two of them work on one control database', async () => {
    const one = await setting('* * * * *')
    one.start()
    one.start(await one.another())
    await one.minutes(200)
    const fired = await one.fired()
    expect(fired).toHaveLength(200)
    expect(new Set(fired).size).toBe(200)
    expect(one.logged.filter((line) => !line.startsWith('debug'))).toEqual([])
  })

  it('fires the latest tick that was missed while nobody ran, and no other', async () => {
    const { start, clock, minutes, fired, work } = await setting('*/5 * * * *')
    const first = start()
    await minutes(11)
    expect(await fired()).toEqual(['2025-06-01T00:05:00.000Z', '2025-06-01T00:10:00.000Z'])
    await first.stop()
    await clock.advance(61 * MINUTE)
    start()
    await clock.advance(0)
    await work()
    expect((await fired()).slice(2)).toEqual(['2025-06-01T01:10:00.000Z'])
    await minutes(5)
    expect((await fired()).slice(3)).toEqual(['2025-06-01T01:15:00.000Z'])
  })

  it('does not catch up what it never had fired', async () => {
    const { start, clock, fired } = await setting('0 0 * * *')
    start()
    await clock.advance(0)
    expect(await fired()).toEqual([])
  })

  it('fires the latest tick only when the clock was set forward, soon after', async () => {
    const { start, clock, fired, work } = await setting('*/5 * * * *')
    start()
    await clock.advance(0)
    clock.set(Date.parse('2025-06-03T12:34:00Z'))
    await clock.advance(MINUTE)
    await work()
    expect(await fired()).toEqual(['2025-06-03T12:35:00.000Z'])
  })

  it('fires no tick again when the clock was set back, and goes on from there', async () => {
    const { start, clock, minutes, fired } = await setting('* * * * *')
    start()
    await minutes(10)
    const before = await fired()
    expect(before).toHaveLength(10)
    clock.set(clock.now() - 5 * MINUTE)
    await minutes(5)
    expect(await fired()).toEqual(before)
    await minutes(3)
    expect(await fired()).toHaveLength(13)
  })

  it('does not wait for years when the clock was once set years ahead', async () => {
    const { start, clock, minutes, fired } = await setting('* * * * *')
    start()
    await minutes(1)
    clock.set(START + 3 * 365 * 24 * 60 * MINUTE)
    await minutes(1)
    clock.set(START + 2 * MINUTE)
    await minutes(3)
    expect((await fired()).filter((tick) => tick < '2026')).toHaveLength(4)
  })

  it('skips a tick while the previous run has not ended, and says so', async () => {
    const { start, clock, control, fired, logged, work } = await setting('* * * * *')
    start()
    await clock.advance(3 * MINUTE)
    expect(await fired()).toHaveLength(1)
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(2)
    await claimOne(control.runs, { jobs: ['ingest'], executor: 'slow', now: clock.now() })
    await clock.advance(MINUTE)
    expect(await fired()).toHaveLength(1)
    const [run] = await control.runs.list({ limit: 1 })
    await control.runs.finish(run!.id, { attempt: 1, executor: 'slow', status: 'failed', now: clock.now() })
    await clock.advance(MINUTE)
    await work()
    expect(await fired()).toHaveLength(2)
  })

  it('follows a change of the project at once, and keeps what has not changed', async () => {
    const { start, schedules, clock, minutes, fired, control } = await setting('0 0 1 1 *')
    const scheduler = start()
    await clock.advance(MINUTE)
    schedules.push(schedule('* * * * *', { id: 'ingest:other', batch: 'other' }))
    scheduler.replan()
    await minutes(2)
    expect(await fired()).toHaveLength(2)
    expect(await control.runs.list({ batch: 'sales', limit: 5 })).toEqual([])
    schedules.pop()
    scheduler.replan()
    await minutes(2)
    expect(await fired()).toHaveLength(2)
  })

  it('leaves out a schedule that is not valid, and keeps the others', async () => {
    const { start, schedules, minutes, fired, logged } = await setting('* * * * *')
    schedules.unshift(
      schedule('soon', { id: 'train:a', batch: 'a' }),
      schedule('0 0 31 2 *', { id: 'train:b', batch: 'b' }),
    )
    start()
    await minutes(3)
    expect(await fired()).toHaveLength(3)
    expect(logged.filter((line) => line.startsWith('error'))).toEqual(['error: schedule left out'])
  })

  it('fires late, not never, when the control database fails meanwhile', async () => {
    const { start, control, minutes, clock, fired, logged, work } = await setting('*/5 * * * *')
    let broken = true
    const guard = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
      return (...args: Args) =>
        broken ? Promise.reject<Result>(new AnomstackError('CONTROL_FAILED', 'disk full')) : call(...args)
    }
    const runs = {
      ...control.runs,
      fireTicks: guard((...args: Parameters<typeof control.runs.fireTicks>) =>
        control.runs.fireTicks(...args),
      ),
    }
    const schedules = { ...control.schedules, stateChanges: guard(control.schedules.stateChanges) }
    start({ ...control, runs, schedules })
    await clock.advance(MINUTE)
    expect(logged).toContain('error: schedules could not be looked after')
    broken = false
    await clock.advance(MINUTE)
    broken = true
    await minutes(4)
    expect(await fired()).toEqual([])
    broken = false
    await clock.advance(MINUTE)
    await work()
    expect(await fired()).toEqual(['2025-06-01T00:05:00.000Z'])
  })

  it.each([
    ['Europe/Berlin', '2025-03-28T12:00:00Z'],
    ['Europe/Berlin', '2025-10-24T12:00:00Z'],
    ['America/New_York', '2025-03-07T12:00:00Z'],
    ['America/New_York', '2025-10-31T12:00:00Z'],
  ])('fires a daily tick of %s once a day from %s on', async (timeZone, from) => {
    const { start, schedules, clock, fired, work } = await setting('30 1 * * *', {}, Date.parse(from))
    schedules[0] = schedule('30 2 * * *', { timeZone })
    start()
    for (let day = 1; day <= 4; day++) {
      await clock.advance(24 * 60 * MINUTE)
      await work()
      expect(await fired()).toHaveLength(day)
    }
  })
})
