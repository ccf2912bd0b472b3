import { expect, it } from 'vitest'
import { createFakeClock } from './fake-clock.ts'

it('wakes sleepers in order, each at its own time', async () => {
  const clock = createFakeClock(1_000)
  const woken: [string, number][] = []
  const sleeper = async (name: string, ...naps: number[]) => {
    for (const nap of naps) {
      await clock.sleep(nap)
      woken.push([name, clock.now()])
    }
  }
  void sleeper('a', 30, 30)
  void sleeper('b', 10, 45)
  await clock.advance(59)
  expect(woken).toEqual([
    ['b', 1_010],
    ['a', 1_030],
    ['b', 1_055],
  ])
  expect(clock.now()).toBe(1_059)
  expect(clock.sleepers()).toBe(1)
})

it('lets time pass as before after it was set back', async () => {
  const clock = createFakeClock(5_000)
  const nap = clock.sleep(100)
  clock.set(1_000)
  expect(clock.now()).toBe(1_000)
  await clock.advance(100)
  await nap
  expect(clock.now()).toBe(1_100)
})

it('ends a sleep when its signal aborts', async () => {
  const clock = createFakeClock(0)
  const controller = new AbortController()
  const nap = clock.sleep(100, controller.signal)
  controller.abort()
  await nap
  expect(clock.sleepers()).toBe(0)
})
