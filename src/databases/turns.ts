import type { Patience } from './interruption.ts'

/** Lets one piece of work at a time pass, in the order of asking. Who gives up while waiting leaves the queue. */
export type Turns = <T>(patience: Patience, work: () => Promise<T>) => Promise<T>

/** A new queue for whatever must not run twice at a time. */
export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve()
  return async (patience, work) => {
    const before = last
    let release: () => void = () => {}
    last = new Promise((resolve) => {
      release = resolve
    })
    try {
      await Promise.race([before, patience.ended])
      patience.check()
    } catch (error) {
      void before.then(() => release())
      throw error
    }
    try {
      return await work()
    } finally {
      release()
    }
  }
}
