import { describe, expect, it } from 'vitest'
import { freshnessOf, periodOf } from '../../src/server/views/freshness.ts'
import type { StageSchedule } from '../../src/server/views/stage-schedules.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOON = Date.UTC(2025, 5, 16, 12)
const every = (cron: string, rest: Partial<StageSchedule> = {}): StageSchedule => ({
  schedule: { cron, timeZone: 'UTC' },
  jitterMs: 0,
  ...rest,
})

describe('freshnessOf', () => {
  it.each([
    ['no schedule', undefined, { at: NOON }, NOON, 'off'],
    ['nothing yet', every('0 * * * *'), undefined, NOON, 'never'],
    ['since the last tick', every('0 * * * *'), { at: NOON }, NOON + 59 * MINUTE, 'fresh'],
    ['a tick that is being worked on', every('0 * * * *'), { at: NOON }, NOON + HOUR + 6 * MINUTE, 'fresh'],
    ['a tick that came to nothing', every('0 * * * *'), { at: NOON }, NOON + HOUR + 6 * MINUTE + 1, 'late'],
    [
      'a run that takes long',
      every('0 * * * *'),
      { at: NOON, tookMs: 10 * MINUTE },
      NOON + 80 * MINUTE,
      'fresh',
    ],
    [
      'ticks that are put off',
      every('0 * * * *', { jitterMs: HOUR }),
      { at: NOON },
      NOON + 2 * HOUR,
      'fresh',
    ],
    ['a cron that is none', every('at noon'), { at: NOON }, NOON + 9 * HOUR, 'off'],
    ['a cron that never comes again', every('0 0 30 2 *'), { at: NOON }, NOON + 9 * HOUR, 'fresh'],
  ] as const)('%s', (_name, schedule, last, now, freshness) => {
    expect(freshnessOf(schedule, last, now)).toBe(freshness)
  })

  it('waits for the tick of the pipeline at which training is due', () => {
    const schedule = every('*/5 * * * *', { at: { cron: '30 * * * *', timeZone: 'UTC' } })
    expect(freshnessOf(schedule, { at: NOON }, NOON + 30 * MINUTE)).toBe('fresh')
    expect(freshnessOf(schedule, { at: NOON }, NOON + 37 * MINUTE)).toBe('late')
    expect(periodOf(schedule, NOON)).toBe(HOUR)
  })
})
