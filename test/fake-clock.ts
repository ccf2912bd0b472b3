import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../src/core/clock.ts'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Lets `ms` pass: whoever sleeps wakes in order, each at its own time, and gets to do what it does before time goes on. */
  advance(ms: number): Promise<void>
  /** Sets the clock to another time, forward or back, at once: no time passes, and nobody wakes. */
  set(time: number): void
  /** How many sleep. */
  sleepers(): number
}

interface Sleeper {
  /** Of the time that has passed, whatever the clock shows. */
  readonly until: number
  readonly wake: () => void
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn()
}

/** A fake clock that shows `start`, UTC epoch ms. */
export function createFakeClock(start: number): FakeClock {
  let passed = 0
  let shift = start
  const sleepers = new Set<Sleeper>()
  const nextOf = (limit: number): Sleeper | undefined =>
    [...sleepers].filter(({ until }) => until <= limit).sort((a, b) => a.until - b.until)[0]

  return {
    now: () => shift + passed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper: Sleeper = { until: passed + Math.max(0, ms), wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      }),
    async advance(ms) {
      const target = passed + ms
      await settle()
      for (let next = nextOf(target); next !== undefined; next = nextOf(target)) {
        passed = Math.max(passed, next.until)
        next.wake()
        await settle()
      }
      passed = target
      await settle()
    },
    set(time) {
      shift = time - passed
    },
    sleepers: () => sleepers.size,
  }
}
