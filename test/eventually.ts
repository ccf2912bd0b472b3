import { setTimeout as delay } from 'node:timers/promises'

/** Waits until something holds; fails with its name when it does not within a minute. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 90,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${seconds} s`)
    await delay(50)
  }
}
