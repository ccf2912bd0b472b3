import { describe, expect, it } from 'vitest'
import type { Tick } from '../../src/control/control.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const tick = (schedule: string, at: number, more: Partial<Tick> = {}): Tick => ({
  schedule,
  at,
  outcome: 'skipped',
  ...more,
})

describe.each(ENGINES)('schedules on $engine', ({ controls: create }) => {
  const controls = create()

  it('keep what people said of them until it is taken back', async () => {
    const { schedules } = await controls.open()
    expect(await schedules.states()).toEqual(new Map())
    for (const name of HOSTILE_NAMES) await schedules.setState(`ingest:${name}`, 'paused', 5)
    expect(new Set((await schedules.states()).keys())).toEqual(
      new Set(HOSTILE_NAMES.map((name) => `ingest:${name}`)),
    )
    for (const name of HOSTILE_NAMES) await schedules.setState(`ingest:${name}`, undefined, 6)
    await schedules.setState('never', undefined, 6)
    await schedules.setState('train:a', 'paused', 7)
    await schedules.setState('train:a', 'running', 8)
    expect(await schedules.states()).toEqual(new Map([['train:a', 'running']]))
    expect(await schedules.stateChanges()).toEqual(new Map([['train:a', { state: 'running', at: 8 }]]))
  })

  it('keep the first word on a tick', async () => {
    const { schedules } = await controls.open()
    const first = [tick('b', 1, { outcome: 'fired', runId: 'r' }), tick('a', 2, { reason: 'overlaps\0' })]
    expect(await schedules.recordTicks(first)).toEqual([first[1], first[0]])
    expect(await schedules.recordTicks([tick('b', 1), tick('b', 3)])).toEqual([tick('b', 3)])
    expect(await schedules.recordTicks([])).toEqual([])
    expect(await schedules.ticks({ limit: 9 })).toEqual([tick('b', 3), first[1], first[0]])
    expect(await schedules.ticks({ schedule: 'b', before: 3, limit: 9 })).toEqual([first[0]])
    expect(await schedules.lastTicks(['a', 'b', 'c'], 2)).toEqual(
      new Map([
        ['a', first[1]],
        ['b', first[0]],
      ]),
    )
  })

  it('forget old ticks but the newest of each', async () => {
    const { schedules } = await controls.open()
    await schedules.recordTicks([tick('a', 1), tick('a', 2), tick('b', 1), tick('c', 9), tick('c', 3)])
    expect(await schedules.pruneTicks(5)).toBe(2)
    expect(await schedules.pruneTicks(5)).toBe(0)
    expect(await schedules.ticks({ limit: 9 })).toEqual([tick('c', 9), tick('a', 2), tick('b', 1)])
  })

  it('are fired once, whoever comes first, unless they are paused', async () => {
    const address = await controls.address()
    const many = await Promise.all(Array.from({ length: 4 }, () => controls.open(address)))
    const fires = Array.from({ length: 30 }, (_, index) => ({
      schedule: `ingest:b${index % 3}`,
      request: {
        job: 'ingest' as const,
        batch: `b${index % 3}`,
        trigger: 'schedule' as const,
        scheduledFor: index,
      },
      idempotencyKey: `schedule:ingest:b${index % 3}:${index}`,
      resource: '',
    }))
    await many[0]!.schedules.setState('ingest:b2', 'paused', 1)
    const fired = await Promise.all(
      many.map(({ runs }, index) =>
        runs.fireTicks(index % 2 === 0 ? fires : fires.toReversed(), { now: 100 }),
      ),
    )
    expect(fired.flat()).toHaveLength(20)
    expect(await many[0]!.runs.list({ limit: 99 })).toHaveLength(20)
    expect(await many[0]!.runs.unfinished([{ job: 'ingest', batch: 'b1' }, { job: 'train' }])).toMatchObject([
      { job: 'ingest', batch: 'b1', whole: 10 },
    ])
  })
})
