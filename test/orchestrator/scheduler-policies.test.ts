import { describe, expect, it } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { jitterOf } from '../../src/orchestrator/schedule-jitter.ts'
import { claimOne } from '../control/claim-one.ts'
import { HOSTILE_NAMES } from '../control/temporary-control.ts'
import { eventually } from './eventually.ts'
import { schedule } from './schedule.ts'
import { MINUTE, type Setting, START, schedulerSettings } from './scheduler-setting.ts'

const setting = schedulerSettings()

const at = (time: string) => `2025-06-01T${time}:00.000Z`

/** Fires one tick, is down for an hour from 00:05 on, and starts again at 01:06:30. */
async function afterDowntime({ start, minutes, clock, work }: Setting): Promise<void> {
  const first = start()
  await minutes(5)
  await first.stop()
  await clock.advance(61 * MINUTE)
  start()
  await clock.advance(0)
  await work()
}

describe('ticks that were missed', () => {
  it('fire as the latest alone by default; the others are one record', async () => {
    const one = await setting('*/5 * * * *')
    await afterDowntime(one)
    expect(await one.recorded()).toEqual([
      `fired ${at('00:05')}`,
      `missed ${at('01:00')}`,
      `fired ${at('01:05')}`,
    ])
    const [, missed] = await one.control.schedules.ticks({ limit: 2 })
    expect(missed?.reason).toBe('nothing ran that could fire it, nor those from 2025-06-01T00:10:00.000Z on')
    expect(one.logged.filter((line) => line.startsWith('warn'))).toEqual(['warn: tick missed'])
  })

  it('fire all with `all`, up to its cap, the newest of them, in order', async () => {
    const one = await setting('*/5 * * * *', { catchUp: 'all', catchUpMax: 3 })
    await afterDowntime(one)
    expect(await one.recorded()).toEqual([
      `fired ${at('00:05')}`,
      `missed ${at('00:50')}`,
      ...['00:55', '01:00', '01:05'].map((time) => `fired ${at(time)}`),
    ])
    const runs = await one.control.runs.list({ limit: 3 })
    expect(runs.map((run) => run.scheduledFor).toReversed()).toEqual(
      ['00:55', '01:00', '01:05'].map((time) => Date.parse(at(time))),
    )
  })

  it('fire not at all with `skip`, but one that is on time does', async () => {
    const one = await setting('*/5 * * * *', { catchUp: 'skip' })
    await afterDowntime(one)
    expect(await one.recorded()).toEqual([`fired ${at('00:05')}`, `missed ${at('01:05')}`])
    await one.minutes(4)
    expect((await one.recorded()).at(-1)).toBe(`fired ${at('01:10')}`)

    const soon = await setting('* * * * *', { catchUp: 'skip' })
    await afterDowntime(soon)
    expect((await soon.recorded()).slice(-2)).toEqual([`missed ${at('01:05')}`, `fired ${at('01:06')}`])
  })

  it('of years of seconds are one record', async () => {
    const one = await setting('* * * * * *')
    const scheduler = one.start()
    await one.clock.advance(1_000)
    await one.work()
    await scheduler.stop()
    one.clock.set(START + 3 * 365 * 24 * 60 * MINUTE)
    one.start()
    await one.clock.advance(0)
    expect((await one.recorded()).map((line) => line.split(' ')[0])).toEqual(['fired', 'missed', 'fired'])
  })

  it('are none for a scheduler that stood still while another went on', async () => {
    const one = await setting('*/5 * * * *')
    let stand: Promise<void> | undefined
    let goOn = () => {}
    const control = await one.another()
    const frozen: Control = {
      ...control,
      runs: {
        ...control.runs,
        async unfinished(works) {
          await stand
          return control.runs.unfinished(works)
        },
      },
    }
    one.start()
    one.start(frozen)
    await one.minutes(6)
    stand = new Promise<void>((resolve) => {
      goOn = resolve
    })
    await one.minutes(40)
    goOn()
    await one.minutes(10)
    const recorded = await one.recorded()
    expect(recorded.filter((line) => !line.startsWith('fired'))).toEqual([])
    expect(recorded).toHaveLength(11)
  })
})

describe('a tick while the run before has not ended', () => {
  it('is skipped by default, which is on record', async () => {
    const one = await setting('* * * * *')
    one.start()
    one.start(await one.another())
    await one.clock.advance(3 * MINUTE)
    expect(await one.recorded()).toEqual([
      `fired ${at('00:01')}`,
      `skipped ${at('00:02')}`,
      `skipped ${at('00:03')}`,
    ])
    expect(one.logged.filter((line) => line.startsWith('warn'))).toHaveLength(2)
    const [run] = await one.control.runs.list({ limit: 1 })
    const [skipped] = await one.control.schedules.ticks({ schedule: 'ingest:sales', limit: 1 })
    expect(skipped?.reason).toBe(`the run before, ${run!.id}, has not ended`)
    await one.minutes(1)
    await one.minutes(1)
    expect((await one.recorded()).at(-1)).toBe(`fired ${at('00:05')}`)
  })

  it('is queued with `queue`, until very many wait', async () => {
    const one = await setting('* * * * *', { overlap: 'queue' })
    one.start()
    await one.clock.advance(105 * MINUTE)
    expect(await one.fired()).toHaveLength(100)
    expect((await one.recorded()).filter((line) => line.startsWith('skipped'))).toHaveLength(5)
    const claimed = await claimOne(one.control.runs, {
      jobs: ['ingest'],
      executor: 'e',
      now: one.clock.now(),
    })
    expect(claimed?.scheduledFor).toBe(Date.parse(at('00:01')))
  })
})

describe('jitter', () => {
  it('puts off the run, not its tick, by what is the same for a batch in every process', async () => {
    const one = await setting('*/5 * * * *', { jitterMs: 4 * MINUTE })
    const [batch] = one.schedules
    one.schedules.push({ ...batch!, id: 'ingest:other', batch: 'other' })
    one.start()
    one.start(await one.another())
    const queued = new Map<string, number>()
    for (let second = 0; second < 14 * 60; second++) {
      await one.clock.advance(1_000)
      for (const run of await one.control.runs.list({ status: 'queued', limit: 10 }))
        queued.set(
          `${run.batch} ${new Date(run.scheduledFor!).toISOString()}`,
          run.queuedAt - run.scheduledFor!,
        )
      await one.work()
    }
    expect([...queued.keys()].toSorted()).toEqual(
      ['other', 'sales'].flatMap((name) => ['00:05', '00:10'].map((time) => `${name} ${at(time)}`)),
    )
    const offsets = (name: string) => ['00:05', '00:10'].map((time) => queued.get(`${name} ${at(time)}`))
    const [mine, its] = one.schedules.map(jitterOf)
    expect([offsets('sales'), offsets('other')]).toEqual([
      [mine, mine],
      [its, its],
    ])
    expect(mine).not.toBe(its)
  })

  it('is less than it may be and than the time between two ticks, spread evenly, and zero when there is none', () => {
    const names = [...HOSTILE_NAMES, ...Array.from({ length: 1_000 }, (_, index) => `batch_${index}`)]
    const offsets = (cron: string, jitterMs: number) =>
      names.map((batch) => jitterOf(schedule(cron, { batch, jitterMs })))
    const most = (all: readonly number[]) => Math.max(...all)
    expect(most(offsets('*/5 * * * *', 0))).toBe(0)
    for (const [cron, jitter, limit] of [
      ['*/5 * * * *', 3_000, 3_000],
      ['*/5 * * * *', 2 * MINUTE, 2 * MINUTE],
      ['*/5 * * * *', 60 * MINUTE, 5 * MINUTE],
      ['*/7 * * * *', 60 * MINUTE, 4 * MINUTE],
      ['0 9,10 * * *', 24 * 60 * MINUTE, 60 * MINUTE],
      ['*/10 * * * * *', MINUTE, 10_000],
      ['0 0 29 2 *', 60 * MINUTE, 60 * MINUTE],
    ] as const) {
      const all = offsets(cron, jitter)
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0)
      expect(most(all)).toBeLessThan(limit)
      for (let part = 0; part < 4; part++)
        expect(
          all.filter((ms) => ms >= (part * limit) / 4 && ms < ((part + 1) * limit) / 4).length,
        ).toBeGreaterThan(150)
    }
    const { batch: _none, ...whole } = schedule('0 9 * * *', { job: 'retention', jitterMs: MINUTE })
    expect(jitterOf(whole)).toBe(0)
  })
})

describe('pause and resume', () => {
  it('hold in every scheduler, beat the file, and catch nothing up', async () => {
    const one = await setting('* * * * *', { catchUp: 'all' })
    const mine = one.start()
    one.start(await one.another())
    await one.minutes(3)
    await mine.setState('ingest:sales', 'paused')
    await one.minutes(10)
    expect(await one.fired()).toHaveLength(3)
    await mine.setState('ingest:sales', 'running')
    await one.minutes(2)
    const recorded = await one.recorded()
    expect(recorded).toEqual(['00:01', '00:02', '00:03', '00:14', '00:15'].map((time) => `fired ${at(time)}`))
    expect(await one.control.schedules.states()).toEqual(new Map([['ingest:sales', 'running']]))
  })

  it('last through a restart: what passed in a pause is not caught up, what passed in the downtime is', async () => {
    const one = await setting('* * * * *')
    const first = one.start()
    await one.minutes(2)
    await first.setState('ingest:sales', 'paused')
    await one.minutes(2)
    await first.stop()
    const second = one.start()
    await one.minutes(2)
    await second.stop()
    await one.control.schedules.setState('ingest:sales', 'running', one.clock.now())
    await one.clock.advance(10_000)
    one.start()
    await one.clock.advance(0)
    expect(await one.fired()).toEqual([at('00:01'), at('00:02')])
    await one.minutes(1)
    expect((await one.fired()).slice(2)).toEqual([at('00:07')])
  })

  it('start what its file stops, and stop what is resumed', async () => {
    const one = await setting('* * * * *', { enabled: false })
    const scheduler = one.start()
    await one.minutes(3)
    expect(await one.recorded()).toEqual([])
    await scheduler.setState('ingest:sales', 'running')
    await one.minutes(2)
    expect(await one.fired()).toEqual([at('00:04'), at('00:05')])
    await scheduler.setState('ingest:sales', 'paused')
    await one.minutes(2)
    expect(await one.fired()).toHaveLength(2)
  })

  it('of the summary hold for all of its schedules, and replace what was said of each', async () => {
    const whole = { job: 'summary', params: { time_zone: 'x' }, overlap: 'queue' } as const
    const one = await setting('* * * * *')
    const summaries = ['a', 'b'].map((name) => {
      const { batch: _batch, ...summary } = schedule('* * * * *', { ...whole, id: `summary:${name}` })
      return summary
    })
    one.schedules.splice(0, 1, ...summaries)
    const scheduler = one.start()
    await one.minutes(1)
    expect(await one.fired()).toHaveLength(2)
    await scheduler.setState('summary:a', 'paused')
    await one.minutes(1)
    expect(await one.fired()).toHaveLength(3)
    await scheduler.setState('summary', 'paused')
    await one.minutes(1)
    expect(await one.fired()).toHaveLength(3)
    await scheduler.setState('summary', 'running')
    await one.minutes(1)
    expect(await one.fired()).toHaveLength(5)
    expect([...(await one.control.schedules.states()).keys()]).toEqual(['summary'])
    await expect(scheduler.setState('ingest', 'paused')).rejects.toThrow(/there is no schedule "ingest"/)
  })
})

describe('many schedules', () => {
  it('with hostile names fire once each', async () => {
    const one = await setting('* * * * *')
    one.schedules.splice(0, 1, ...HOSTILE_NAMES.map((batch) => schedule('* * * * *', { batch })))
    const scheduler = one.start()
    one.start(await one.another())
    await one.minutes(2)
    const runs = await one.control.runs.list({ limit: 1_000 })
    expect(runs.map(({ batch = '' }) => batch).toSorted()).toEqual(
      [...HOSTILE_NAMES, ...HOSTILE_NAMES].toSorted(),
    )
    for (const batch of HOSTILE_NAMES) await scheduler.setState(`ingest:${batch}`, 'paused')
    await one.minutes(1)
    expect(await one.fired()).toHaveLength(2 * HOSTILE_NAMES.length)
  })

  it('are planned and fired with few calls of the control database', async () => {
    const one = await setting('*/5 * * * *')
    const count = 10_000
    one.schedules.splice(
      0,
      1,
      ...Array.from({ length: count }, (_, index) => schedule('*/5 * * * *', { batch: `b${index}` })),
    )
    const calls = new Map<string, number>()
    const counted = <Store extends object>(store: Store): Store =>
      Object.fromEntries(
        Object.entries(store).map(([name, call]: [string, (...args: unknown[]) => unknown]) => [
          name,
          (...args: unknown[]) => {
            calls.set(name, (calls.get(name) ?? 0) + 1)
            return call(...args)
          },
        ]),
      ) as Store
    const { control } = one
    const queries = () => [...calls].filter(([name]) => name !== 'stateChanges').map(([, times]) => times)
    one.start({ ...control, runs: counted(control.runs), schedules: counted(control.schedules) })
    await eventually(() => Promise.resolve(calls.has('lastTicks') && one.clock.sleepers() > 0))
    expect(Math.max(...queries())).toBe(1)
    await one.clock.advance(5 * MINUTE)
    await eventually(() =>
      Promise.resolve(calls.get('fireTicks') === count / 100 && one.clock.sleepers() > 0),
    )
    expect(await control.schedules.ticks({ limit: 20_000 })).toHaveLength(count)
    expect(await control.runs.list({ limit: 20_000 })).toHaveLength(count)
    expect(Math.max(...queries())).toBeLessThanOrEqual(count / 100 + 1)
  })
})
