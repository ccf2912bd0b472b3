/** Where the program gets the time from; tests and the `ANOMSTACK_CLOCK_SPEED` setting replace it. */
export interface Clock {
  /** UTC epoch milliseconds. */
  now(): number
  /** Resolves after `ms` of this clock's time, or as soon as `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

const LONGEST_TIMER = 2 ** 31 - 1

function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, Math.min(Math.max(0, ms), LONGEST_TIMER))
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now(), sleep: realSleep }

/** A clock that showed the machine's time at `start` (epoch ms) and runs `speed` times as fast, in every process alike. */
export function spedUpClock(speed: number, start: number): Clock {
  return {
    now: () => Math.floor(start + (Date.now() - start) * speed),
    sleep: (ms, signal) => realSleep(ms / speed, signal),
  }
}
