import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { openStorage, storages } from '../../src/storages/index.ts'
import type { Storage } from '../../src/storages/storage.ts'
import { hostileSegments } from './hostile-segments.ts'
import type { StorageCheck, StorageEngine, StoragePlace } from './storage-engine.ts'

const child = fileURLToPath(new URL('../storages/storage-child.ts', import.meta.url))
const projectDir = tmpdir()
const text = (value: string) => new TextEncoder().encode(value)
const bytesOf = async (storage: Storage, key: string) => {
  const object = await storage.get(key)
  return object && Buffer.from(object.bytes).toString()
}
const keysOf = async (storage: Storage, prefix = '') => {
  const keys: string[] = []
  for await (const { key } of storage.list(prefix)) keys.push(key)
  return keys
}

/** What every model storage promises. */
export function storageContract(engine: StorageEngine): void {
  describe(engine.name, () => {
    const definition = storages.get(engine.kind)!
    let place: StoragePlace
    let storage: Storage
    const children: ChildProcess[] = []
    /** A check that some engines are exempt from, with a reason; they have no such test. */
    const unlessExempt = (check: StorageCheck, title: string, test: () => Promise<void>) => {
      if (engine.exemptions[check] === undefined) it(title, test)
    }

    beforeAll(() => engine.start())
    afterAll(() => engine.stop())
    beforeEach(async () => {
      place = await engine.fresh()
      storage = openStorage(place.modelPath, { projectDir }, place.options)
    })
    afterEach(() => {
      for (const each of children.splice(0)) each.kill('SIGKILL')
    })

    const start = (mode: string, id = '') => {
      const args = [mode, place.modelPath, projectDir, id, JSON.stringify(place.options)]
      const started = spawn(process.execPath, ['--import', 'tsx', child, ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      children.push(started)
      return { process: started, lines: createInterface(started.stdout)[Symbol.asyncIterator]() }
    }

    it('has a valid example', () => {
      expect(definition.options.safeParse(definition.example).success).toBe(true)
      expect(definition.summary).toMatch(/\.$/)
      for (const option of Object.values(definition.options.shape))
        expect((option as z.ZodType).meta()?.description).toMatch(/\w/)
      expect(Object.keys(definition.options.shape)).toEqual(
        expect.arrayContaining(Object.keys(definition.environment ?? {})),
      )
    })

    it('joins what comes in parts', async () => {
      const parts = [300_000, 0, 1, 900_000, 700_000, 5].map((size, i) => new Uint8Array(size).fill(i + 1))
      const { etag } = await storage.put('in/parts', parts, { ifAbsent: true })
      const whole = await storage.get('in/parts')
      expect(whole?.etag).toBe(etag)
      expect(Buffer.concat(parts).equals(whole!.bytes)).toBe(true)
      await storage.put('in/none', [])
      expect((await storage.get('in/none'))?.bytes).toHaveLength(0)
    })

    it('gives back what was put, empty and binary too', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i)
      await storage.put('a/all', all)
      await storage.put('a/none', new Uint8Array())
      expect((await storage.get('a/all'))!.bytes).toEqual(all)
      expect((await storage.get('a/none'))!.bytes).toEqual(new Uint8Array())
    })

    it('overwrites, and the etag tells versions of one length apart', async () => {
      const etags = new Set<string>()
      for (let i = 0; i < 50; i++) etags.add((await storage.put('k', text(`version ${i % 10}`))).etag)
      expect(etags.size).toBeGreaterThanOrEqual(10)
      expect(await bytesOf(storage, 'k')).toBe('version 9')
    })

    it('says the same etag in put, get, head and list', async () => {
      const { etag } = await storage.put('k', text('value'))
      expect((await storage.get('k'))!.etag).toBe(etag)
      const head = (await storage.head('k'))!
      expect(head).toMatchObject({ key: 'k', size: 5, etag })
      expect(Math.abs(head.modified - Date.now())).toBeLessThan(60_000)
      for await (const info of storage.list('')) expect(info).toEqual(head)
    })

    it('knows nothing of what is not there, and deletes it without complaint', async () => {
      expect(await storage.get('none')).toBeUndefined()
      expect(await storage.get('none/of/it')).toBeUndefined()
      expect(await storage.head('none')).toBeUndefined()
      expect(await keysOf(storage)).toEqual([])
      await storage.delete('none')
    })

    it('deletes', async () => {
      await storage.put('a/b', text('1'))
      await storage.delete('a/b')
      expect(await storage.head('a/b')).toBeUndefined()
      expect(await keysOf(storage)).toEqual([])
    })

    it('reads ranges, cut at the end of the object', async () => {
      await storage.put('k', text('0123456789'))
      const range = async (startAt: number, end: number) =>
        Buffer.from((await storage.get('k', { start: startAt, end }))!.bytes).toString()
      expect(await range(0, 3)).toBe('012')
      expect(await range(4, 6)).toBe('45')
      expect(await range(8, 100)).toBe('89')
      expect(await range(50, 100)).toBe('')
      expect(await range(3, 3)).toBe('')
    })

    unlessExempt('conditions', 'creates only what is absent when asked to', async () => {
      await storage.put('k', text('first'), { ifAbsent: true })
      await expect(storage.put('k', text('second'), { ifAbsent: true })).rejects.toMatchObject({
        code: 'STORAGE_CONFLICT',
      })
      expect(await bytesOf(storage, 'k')).toBe('first')
    })

    unlessExempt('conditions', 'replaces only what has the etag when asked to', async () => {
      const first = await storage.put('k', text('first'))
      const second = await storage.put('k', text('secnd'), { ifMatch: first.etag })
      await expect(storage.put('k', text('third'), { ifMatch: first.etag })).rejects.toMatchObject({
        code: 'STORAGE_CONFLICT',
      })
      await storage.delete('k')
      await expect(storage.put('k', text('third'), { ifMatch: second.etag })).rejects.toMatchObject({
        code: 'STORAGE_CONFLICT',
      })
      expect(await storage.head('k')).toBeUndefined()
    })

    unlessExempt('conditions', 'lets one of many concurrent writers of one process win', async () => {
      const first = await storage.put('match', text('0'))
      const attempts = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => [
          storage.put('absent', text(`${i}`), { ifAbsent: true }),
          storage.put('match', text(`now ${i}`), { ifMatch: first.etag }),
        ]).flat(),
      )
      expect(attempts.filter((each) => each.status === 'fulfilled')).toHaveLength(2)
    })

    const keepsApart = async (segments: readonly string[]) => {
      const keys = segments.flatMap((segment) => [segment, `folder/${segment}`, `${segment}/file`])
      for (const key of keys) await storage.put(key, text(key))
      for (const key of keys)
        expect(Buffer.from((await storage.get(key))!.bytes)).toEqual(Buffer.from(text(key)))
      expect(await keysOf(storage)).toEqual([...keys].sort())
      for (const segment of segments)
        expect(await keysOf(storage, segment)).toEqual(keys.filter((key) => key.startsWith(segment)).sort())
      for (const key of keys) await storage.delete(key)
      expect(await keysOf(storage)).toEqual([])
    }

    it('keeps keys of any characters apart', () => keepsApart(hostileSegments))

    unlessExempt('long keys', 'keeps long keys apart', () =>
      keepsApart(['x'.repeat(300), `${'x'.repeat(299)}y`, '🔥'.repeat(150)]),
    )

    it('refuses what is not a key', async () => {
      for (const key of ['', '/', 'a/', '/a', 'a//b', '.', '..', '../a', 'a/../b', 'a/./b'])
        await expect(storage.put(key, text('x'))).rejects.toMatchObject({
          code: 'STORAGE_FAILED',
          retryable: false,
        })
    })

    it('lists in code-unit order of keys, also below a prefix that ends within a segment', async () => {
      const keys = ['a', 'a-b', 'a/b', 'a/b/c', 'a0', 'ab/x', 'b/latest.json', 'b/versions/1', 'b/versions/2']
      for (const key of [...keys].reverse()) await storage.put(key, text(key))
      expect(await keysOf(storage)).toEqual([...keys].sort())
      expect(await keysOf(storage, 'a')).toEqual(['a', 'a-b', 'a/b', 'a/b/c', 'a0', 'ab/x'])
      expect(await keysOf(storage, 'b/versions/')).toEqual(['b/versions/1', 'b/versions/2'])
      expect(await keysOf(storage, 'b/v')).toEqual(['b/versions/1', 'b/versions/2'])
      expect(await keysOf(storage, 'c')).toEqual([])
    })

    it('behaves like a map, whatever is done to it', async () => {
      const segment = fc
        .string({ minLength: 1, maxLength: 6, unit: 'binary' })
        .map((s) => s.replaceAll('/', '_').replace(/^\.{1,2}$/, 'dot'))
      const key = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
      const action = fc.record({
        key,
        value: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
      })
      let run = 0
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
          const fresh = openStorage(`${place.modelPath}/${++run}`, { projectDir }, place.options)
          const model = new Map<string, Uint8Array>()
          for (const each of actions) {
            if (each.value) {
              await fresh.put(each.key, each.value)
              model.set(each.key, each.value)
            } else {
              await fresh.delete(each.key)
              model.delete(each.key)
            }
          }
          expect(await keysOf(fresh)).toEqual([...model.keys()].sort())
          for (const [each, value] of model) expect((await fresh.get(each))!.bytes).toEqual(value)
        }),
        { numRuns: engine.kind === 'local' ? 40 : 12 },
      )
    })

    it('holds one whole version after a writer was killed at any instant', async () => {
      for (let round = 0; round < 4; round++) {
        const writer = start('overwrite')
        for (let line = 0; line <= round * 3; line++) await writer.lines.next()
        writer.process.kill('SIGKILL')
        await once(writer.process, 'exit')
        const { bytes } = (await storage.get('batch/object'))!
        expect(bytes).toHaveLength(300_000)
        expect(new Set(bytes).size).toBe(1)
        expect(await keysOf(storage)).toEqual(['batch/object'])
        await storage.put('batch/object', new Uint8Array(300_000).fill(7))
      }
    })

    unlessExempt('conditions', 'lets exactly one of several processes create an object', async () => {
      const racers = Array.from({ length: 3 }, (_, i) => start('create', `${i}`))
      for (const racer of racers) expect((await racer.lines.next()).value).toBe('ready')
      for (const racer of racers) racer.process.stdin.end('go\n')
      const winners = new Map<string, string>()
      for (const [i, racer] of racers.entries())
        for (let line = await racer.lines.next(); !line.done; line = await racer.lines.next()) {
          const [object, result] = line.value.split(' ') as [string, string]
          if (result === 'won') expect(winners.has(object)).toBe(false)
          if (result === 'won') winners.set(object, `${i}`)
          else expect(result).toBe('STORAGE_CONFLICT')
        }
      expect(winners.size).toBe(20)
      for (const [object, winner] of winners) expect(await bytesOf(storage, `race/${object}`)).toBe(winner)
    })

    unlessExempt('conditions', 'loses no update of several processes that use ifMatch', async () => {
      await storage.put('counter', text('0'))
      const counters = Array.from({ length: 3 }, () => start('count').process)
      const exits = await Promise.all(counters.map((each) => once(each, 'exit')))
      expect(exits.map(([code]) => code as number)).toEqual([0, 0, 0])
      expect(await bytesOf(storage, 'counter')).toBe('75')
    })

    unlessExempt('conditions', 'holds conditions for large bodies, which may go in parts', async () => {
      const { etag } = await storage.put('large', large(1), { ifAbsent: true })
      await expect(storage.put('large', large(2), { ifAbsent: true })).rejects.toMatchObject({
        code: 'STORAGE_CONFLICT',
      })
      expect(await storage.head('large')).toMatchObject({ etag })
    })

    unlessExempt('ifMatch of parts', 'replaces a large body only when it has the etag', async () => {
      const { etag } = await storage.put('large', large(1))
      await storage.put('large', large(2), { ifMatch: etag })
      await expect(storage.put('large', large(3), { ifMatch: etag })).rejects.toMatchObject({
        code: 'STORAGE_CONFLICT',
      })
      expect((await storage.get('large', { start: 0, end: 1 }))?.bytes[0]).toBe(2)
    })

    it('takes large bodies, and reads ranges of them', async () => {
      const parts = large(1)
      const whole = Buffer.concat(parts)
      const { etag } = await storage.put('large', parts)
      expect(await storage.head('large')).toMatchObject({ size: whole.length, etag })
      expect(whole.equals((await storage.get('large'))!.bytes)).toBe(true)
      for (const [begin, end] of [
        [0, 70_000],
        [65_535, 65_537],
        [65_536, 131_072],
        [9_999_999, 10_000_001],
        [whole.length - 3, whole.length + 100],
      ] as const) {
        const object = (await storage.get('large', { start: begin, end }))!
        expect(object.etag).toBe(etag)
        expect(whole.subarray(begin, end).equals(object.bytes)).toBe(true)
      }
    })

    it('says what is wrong with a place, without its secrets', async () => {
      for (const { modelPath, options, says } of Object.values(engine.wrong?.() ?? {})) {
        const wrong = openStorage(modelPath, { projectDir }, options)
        for (const work of [
          () => wrong.get('a/b'),
          () => wrong.head('a/b'),
          () => wrong.put('a/b', text('x')),
          () => keysOf(wrong),
        ]) {
          const error = await work().then(
            () => undefined,
            (thrown: unknown) => thrown,
          )
          expect(error).toMatchObject({ code: 'STORAGE_FAILED' })
          expect((error as Error).message).toMatch(says)
          const shown = inspect(error, { depth: 10 })
          for (const [name, value] of Object.entries(options))
            if (definition.options.shape[name]?.meta()?.secret === true) expect(shown).not.toContain(value)
        }
      }
    }, 120_000)
  })
}

/** More than any storage sends in one piece. */
function large(first: number): Uint8Array[] {
  return Array.from({ length: 19 }, (_, part) => {
    const bytes = Buffer.alloc(
      1_000_003,
      Uint8Array.from({ length: 251 }, (_unused, i) => i + part),
    )
    if (part === 0) bytes[0] = first
    return bytes
  })
}
