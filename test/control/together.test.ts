import { describe, expect, it } from 'vitest'
import { inPieces, together } from '../../src/control/together.ts'
import { AnomstackError } from '../../src/core/errors.ts'

describe('work that is done together', () => {
  it('is what was asked for in the same moment, and then what was asked for meanwhile', async () => {
    const goes: (readonly number[])[] = []
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const double = together<number, number>({
      async work(items) {
        goes.push(items)
        if (goes.length === 1) await opened
        return items.map((item) => 2 * item)
      },
    })
    const first = [double(1), double(2)]
    await new Promise(setImmediate)
    const second = [double(3), double(4), double(5)]
    open()
    expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8, 10])
    expect(goes).toEqual([
      [1, 2],
      [3, 4, 5],
    ])
    expect(await double(6)).toBe(12)
  })

  it('that fails for the sake of one is done again without that one', async () => {
    const work = together<number, number>({
      work: (items) => (items.includes(2) ? Promise.reject(new Error('two')) : Promise.resolve(items)),
    })
    const results = await Promise.allSettled([work(1), work(2), work(3)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('is not tried for each when nothing would succeed now', async () => {
    let goes = 0
    const work = together<number, number>({
      work: () => {
        goes++
        return Promise.reject(new AnomstackError('CONTROL_FAILED', 'away', { retryable: true }))
      },
    })
    const results = await Promise.allSettled([work(1), work(2), work(3)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(goes).toBe(1)
  })
})

it('lists are cut in pieces of few sizes, in their order', () => {
  for (const length of [0, 1, 2, 3, 63, 64, 65, 100, 200]) {
    const items = Array.from({ length }, (_, index) => index)
    const pieces = inPieces(items)
    expect(pieces.flat()).toEqual(items)
    for (const piece of pieces) expect([1, 2, 4, 8, 16, 32, 64]).toContain(piece.length)
  }
})
