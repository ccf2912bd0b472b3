import { describe, expect, it } from 'vitest'
import { createFreshCache } from '../../src/server/views/fresh-cache.ts'

function scratch() {
  let now = 0
  let loads = 0
  const cache = createFreshCache<number>({ milliseconds: 1000, entries: 2, now: () => now })
  return {
    cache,
    load: () => Promise.resolve(++loads),
    advance: (milliseconds: number): void => {
      now += milliseconds
    },
  }
}

describe('createFreshCache', () => {
  it('loads once while fresh, however many ask, and again when old', async () => {
    const { cache, load, advance } = scratch()
    expect(await Promise.all([cache.get('a', load), cache.get('a', load)])).toEqual([1, 1])
    advance(999)
    expect(await cache.get('a', load)).toBe(1)
    advance(1)
    expect(await cache.get('a', load)).toBe(2)
  })

  it('does not start a slow load a second time, whatever the clock says', async () => {
    const { cache, advance } = scratch()
    let finish: (value: number) => void = () => {}
    let loads = 0
    const slow = () => {
      loads++
      return new Promise<number>((resolve) => {
        finish = resolve
      })
    }
    const first = cache.get('a', slow)
    advance(60_000)
    const second = cache.get('a', slow)
    finish(7)
    expect(await Promise.all([first, second])).toEqual([7, 7])
    expect(loads).toBe(1)
  })

  it('remembers a failure as long as a value, without an unhandled rejection', async () => {
    const { cache, load, advance } = scratch()
    const fail = () => Promise.reject(new Error('down'))
    await expect(cache.get('a', fail)).rejects.toThrow('down')
    await expect(cache.get('a', load)).rejects.toThrow('down')
    advance(1000)
    expect(await cache.get('a', load)).toBe(1)
  })

  it('holds no more entries than it may', async () => {
    const { cache, load } = scratch()
    for (const key of ['a', 'b', 'c']) await cache.get(key, load)
    expect(await cache.get('a', load)).toBe(4)
  })

  it('loads again after the clock was set back', async () => {
    const { cache, load, advance } = scratch()
    await cache.get('a', load)
    advance(-50_000)
    expect(await cache.get('a', load)).toBe(2)
  })
})
