import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStorage, storages } from '../../src/storages/index.ts'
import type { Storage } from '../../src/storages/storage.ts'

/** Where each storage of the catalog is tried: the model path of an empty place. */
const places: Readonly<Record<string, () => string>> = { local: () => 'local://./models' }

const child = fileURLToPath(new URL('../storages/storage-child.ts', import.meta.url))
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

it('every storage of the catalog has a place to be tried in', () => {
  expect(Object.keys(places).sort()).toEqual([...storages.keys()].sort())
})

describe.each([...storages.values()])('storage $name', (definition) => {
  let projectDir: string
  let modelPath: string
  let storage: Storage
  const children: ChildProcess[] = []

  beforeEach(async () => {
    projectDir = await mkdtemp(join(tmpdir(), 'anomstack-storage-'))
    modelPath = places[definition.name]!()
    storage = openStorage(modelPath, { projectDir })
  })
  afterEach(async () => {
    for (const each of children.splice(0)) each.kill('SIGKILL')
    await rm(projectDir, { recursive: true, force: true })
  })

  const start = (mode: string, id = '') => {
    const started = spawn(process.execPath, ['--import', 'tsx', child, mode, modelPath, projectDir, id], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(started)
    return { process: started, lines: createInterface(started.stdout)[Symbol.asyncIterator]() }
  }

  it('has a valid example', () => {
    expect(definition.options.safeParse(definition.example).success).toBe(true)
    expect(definition.summary).toMatch(/\.$/)
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

  it('creates only what is absent when asked to', async () => {
    await storage.put('k', text('first'), { ifAbsent: true })
    await expect(storage.put('k', text('second'), { ifAbsent: true })).rejects.toMatchObject({
      code: 'STORAGE_CONFLICT',
    })
    expect(await bytesOf(storage, 'k')).toBe('first')
  })

  it('replaces only what has the etag when asked to', async () => {
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

  it('lets one of many concurrent writers of one process win', async () => {
    const first = await storage.put('match', text('0'))
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => [
        storage.put('absent', text(`${i}`), { ifAbsent: true }),
        storage.put('match', text(`${i}`), { ifMatch: first.etag }),
      ]).flat(),
    )
    expect(attempts.filter((each) => each.status === 'fulfilled')).toHaveLength(2)
  })

  it('keeps keys of any characters apart', async () => {
    const segments = [
      'a',
      'A',
      'a.b',
      '.a',
      'a.',
      ' ',
      'a b',
      'con',
      'CON',
      'nul.txt',
      'com1',
      '%',
      '%41',
      '%2e%2e',
      '~',
      '…',
      '..x',
      '...',
      '__proto__',
      'constructor',
      '日本語',
      '🔥',
      'e\u0301',
      '\u00e9',
      '\ud800',
      'quote"\'',
      'back\\slash',
      'line\nbreak',
      '\0',
      '*?<>|:',
      'x'.repeat(300),
      `${'x'.repeat(299)}y`,
      '🔥'.repeat(150),
      '.tmp',
      '-rf',
    ]
    const keys = segments.flatMap((segment) => [segment, `folder/${segment}`, `${segment}/file`])
    for (const key of keys) await storage.put(key, text(key))
    for (const key of keys)
      expect(Buffer.from((await storage.get(key))!.bytes)).toEqual(Buffer.from(text(key)))
    expect(await keysOf(storage)).toEqual([...keys].sort())
    for (const key of keys) await storage.delete(key)
    expect(await keysOf(storage)).toEqual([])
  })

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
    const action = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }) })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        const fresh = openStorage(`${modelPath}/${++run}`, { projectDir })
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
      { numRuns: 40 },
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

  it('lets exactly one of several processes create an object', async () => {
    const at = Date.now() + 1500
    const racers = Array.from({ length: 4 }, (_, i) => start('create', `${i}@${at}`))
    const winners = new Map<string, number>()
    for (const racer of racers)
      for (let line = await racer.lines.next(); !line.done; line = await racer.lines.next()) {
        const [object, result] = line.value.split(' ') as [string, string]
        if (result === 'won') winners.set(object, (winners.get(object) ?? 0) + 1)
        else expect(result).toBe('STORAGE_CONFLICT')
      }
    expect([...winners.values()]).toEqual(Array.from({ length: 20 }, () => 1))
  })

  it('loses no update of several processes that use ifMatch', async () => {
    await storage.put('counter', text('0'))
    const counters = Array.from({ length: 3 }, () => start('count').process)
    const exits = await Promise.all(counters.map((each) => once(each, 'exit')))
    expect(exits.map(([code]) => code as number)).toEqual([0, 0, 0])
    expect(await bytesOf(storage, 'counter')).toBe('75')
  })
})
