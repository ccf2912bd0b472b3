import { describe, expect, it } from 'vitest'
import type { TickRun } from '../../src/control/control.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const fire = (batch: string, scheduledFor: number): TickRun => ({
  schedule: `ingest:${batch}`,
  request: { job: 'ingest', batch, trigger: 'schedule', scheduledFor },
  idempotencyKey: `schedule:ingest:${batch}:${scheduledFor}`,
  resource: '',
})

describe.each(ENGINES)('ticks and their runs on $engine', ({ controls: newControls }) => {
  const controls = newControls()

  it('are written together, each tick once, whatever the batch is called', async () => {
    const { runs, schedules } = await controls.open()
    const fires = HOSTILE_NAMES.flatMap((name) => [fire(name, 1_000), fire(name, 2_000)])
    const queued = await runs.fireTicks(fires, { now: 5 })
    expect(queued).toHaveLength(fires.length)
    expect(await runs.fireTicks([...fires, fire('new', 1_000)], { now: 6 })).toMatchObject([{ batch: 'new' }])
    const last = await schedules.lastTicks(
      HOSTILE_NAMES.map((name) => `ingest:${name}`),
      1_999,
    )
    expect(last.size).toBe(HOSTILE_NAMES.length)
    for (const name of HOSTILE_NAMES) {
      const tick = last.get(`ingest:${name}`)
      expect(tick).toMatchObject({ at: 1_000, outcome: 'fired' })
      expect(await runs.get(tick!.runId!)).toMatchObject({
        batch: name,
        scheduledFor: 1_000,
        status: 'queued',
      })
    }
    const works = HOSTILE_NAMES.map((batch) => ({ job: 'ingest', batch }) as const)
    const unfinished = await runs.unfinished([...works, { job: 'train', batch: 'new' }])
    expect(unfinished.map(({ batch = '' }) => batch).toSorted()).toEqual(HOSTILE_NAMES.toSorted())
    for (const work of unfinished) expect(work).toMatchObject({ job: 'ingest', whole: 2 })
  })

  it('are not written over what is on record, but over what was missed', async () => {
    const { runs, schedules } = await controls.open()
    const missed = { schedule: 'ingest:a', at: 1_000, outcome: 'missed', reason: 'down' } as const
    const skipped = { schedule: 'ingest:a', at: 2_000, outcome: 'skipped', reason: 'busy' } as const
    expect(await schedules.recordTicks([skipped, missed])).toEqual([missed, skipped])
    expect(await schedules.recordTicks([skipped])).toEqual([])
    const [run, ...others] = await runs.fireTicks([fire('a', 1_000), fire('a', 2_000)], { now: 5 })
    expect(others).toEqual([])
    expect(await schedules.ticks({ schedule: 'ingest:a', limit: 5 })).toEqual([
      skipped,
      { schedule: 'ingest:a', at: 1_000, outcome: 'fired', runId: run!.id },
    ])
    expect(await schedules.ticks({ before: 2_000, limit: 5 })).toHaveLength(1)
  })

  it('are not written while the schedule is paused', async () => {
    const { runs, schedules } = await controls.open()
    await schedules.setState('ingest:a', 'paused', 7)
    expect(await schedules.stateChanges()).toEqual(new Map([['ingest:a', { state: 'paused', at: 7 }]]))
    expect(await runs.fireTicks([fire('a', 1_000), fire('b', 1_000)], { now: 8 })).toMatchObject([
      { batch: 'b' },
    ])
    expect(await schedules.ticks({ schedule: 'ingest:a', limit: 5 })).toEqual([])
    await schedules.setState('ingest:a', 'running', 9)
    expect(await runs.fireTicks([fire('a', 2_000)], { now: 9 })).toHaveLength(1)
  })

  it('give a tick its run again when only the run is left', async () => {
    const { runs, schedules } = await controls.open()
    const { request, idempotencyKey } = fire('a', 1_000)
    const { run } = await runs.enqueue(request, { now: 1, idempotencyKey })
    expect(await runs.fireTicks([fire('a', 1_000)], { now: 5 })).toEqual([])
    expect(await schedules.ticks({ limit: 5 })).toMatchObject([{ outcome: 'fired', runId: run.id }])
  })

  it('are written once by many at the same time', async () => {
    const { runs } = await controls.open()
    const fires = Array.from({ length: 50 }, (_, index) => fire(`b${index}`, 1_000))
    const queued = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        runs.fireTicks(index % 2 === 0 ? fires : fires.toReversed(), { now: 5 }),
      ),
    )
    expect(queued.flat()).toHaveLength(50)
    expect(await runs.list({ limit: 100 })).toHaveLength(50)
  })
})
