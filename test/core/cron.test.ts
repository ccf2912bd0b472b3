import { Cron } from 'croner'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { latestCronTick, nextCronTick } from '../../src/core/cron.ts'

const HOUR = 3_600_000
/** The nights in which Berlin changes its clocks, and an ordinary time. */
const BASES = [Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25), Date.UTC(2026, 5, 15)]
const SCHEDULES = ['*/7 * * * *', '*/2 * * * * *', '30 2 * * *', '0 9 * * 1', '0 0 29 2 *'].flatMap((cron) =>
  ['UTC', 'Europe/Berlin'].map((timeZone) => ({ cron, timeZone })),
)

it.each(SCHEDULES)(
  'ticks of $cron in $timeZone are the same in whichever order they are asked for',
  (schedule) => {
    const asked = fc.record({
      base: fc.constantFrom(...BASES),
      // Often the same few, and often right at a tick.
      after: fc.oneof(
        fc.integer({ min: 0, max: 6 * HOUR }),
        fc.integer({ min: 0, max: 40 }).map((step) => step * 60_000),
      ),
      latest: fc.boolean(),
    })
    const fresh = new Cron(schedule.cron, {
      timezone: schedule.timeZone,
      mode: '5-or-6-parts',
      fixedTimeRule: 'no-wildcard',
    })
    fc.assert(
      fc.property(fc.array(asked, { minLength: 1, maxLength: 20 }), (questions) => {
        for (const { base, after, latest } of questions) {
          const at = base + after
          if (!latest) expect(nextCronTick(schedule, at)).toBe(fresh.nextRun(new Date(at))?.getTime())
          else {
            const [before] = fresh.previousRuns(1, new Date((Math.floor(at / 1000) + 1) * 1000))
            expect(latestCronTick(schedule, at)).toBe(before?.getTime())
          }
        }
      }),
      { numRuns: 60 },
    )
  },
)
