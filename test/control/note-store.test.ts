import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/core/json.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

describe.each(ENGINES)('notes on $engine', ({ controls: create }) => {
  const controls = create()

  it('keep any value under any key', async () => {
    const { notes } = await controls.open()
    for (const key of [...HOSTILE_NAMES, '']) {
      const value: Json = { [key]: [key, 1.5, null, true, { deep: key }] }
      expect(await notes.get(key)).toBeUndefined()
      await notes.set(key, 1, 1)
      await notes.set(key, value, 2)
      expect(await notes.get(key)).toEqual(value)
    }
    const all = await notes.list('')
    expect(new Set(all.keys())).toEqual(new Set([...HOSTILE_NAMES, '']))
    await notes.remove('__proto__')
    await notes.remove('never there')
    expect(await notes.get('__proto__')).toBeUndefined()
  })

  it('are listed by what their keys start with', async () => {
    const { notes } = await controls.open()
    const keys = fc.array(
      fc.string({
        unit: fc.constantFrom('a', 'b', '\0', '\uf8f0', '\ud7ff', '\ue000', '\u{10ffff}', '\ud83d'),
      }),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(keys, fc.nat(3), async (given, length) => {
        for (const key of given) await notes.set(key, key, 1)
        for (const key of given) {
          const prefix = key.slice(0, length)
          const listed = await notes.list(prefix)
          expect(new Set(listed.keys())).toEqual(new Set(given.filter((each) => each.startsWith(prefix))))
        }
        for (const key of given) await notes.remove(key)
      }),
      { numRuns: 25 },
    )
  })

  it('are replaced only while they say what is expected', async () => {
    const { notes } = await controls.open()
    const replace = (expected: Json | undefined, value: Json) =>
      notes.replace('k', { expected, value, now: 1 })
    expect(await replace(1, 2)).toBe(false)
    expect(await notes.get('k')).toBeUndefined()
    expect(await replace(undefined, { a: 1, b: [2] })).toBe(true)
    expect(await replace(undefined, 3)).toBe(false)
    expect(await replace({ a: 1, b: [3] }, 3)).toBe(false)
    expect(await replace({ b: [2], a: 1 }, 4)).toBe(true)
    expect(await replace(4, null)).toBe(true)
    expect(await replace(null, 5)).toBe(true)
    expect(await notes.get('k')).toBe(5)
  })

  it('are replaced by exactly one of many who try at once', async () => {
    const address = await controls.address()
    const many = await Promise.all(Array.from({ length: 8 }, () => controls.open(address)))
    for (const expected of [undefined, 0, 1] as const) {
      const tries = many.map(({ notes }, index) =>
        notes.replace('turn', { expected, value: expected === undefined ? 0 : expected + 1, now: index }),
      )
      expect((await Promise.all(tries)).filter((won) => won)).toHaveLength(1)
    }
    expect(await many[0]!.notes.get('turn')).toBe(2)
  })
})
