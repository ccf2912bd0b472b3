import { mkdtemp, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnomstackError } from '../../src/core/errors.ts'
import { createModelStore, type Trained } from '../../src/models/model-store.ts'
import { shardOf } from '../../src/models/shard.ts'
import { openStorage } from '../../src/storages/index.ts'
import type { Storage } from '../../src/storages/storage.ts'
import { defaultSpec } from './samples.ts'

const T = Date.UTC(2026, 0, 1)
const OF = 4
const NAMES = ['a/b', '', '__proto__', '🔥', ...Array.from({ length: 20 }, (_, i) => `m${i}`)]
let folder: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anomstack-parts-'))
  storage = openStorage('local://./models', { projectDir: folder })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const trained = (created: number, metrics: readonly string[]): Trained => ({
  spec: defaultSpec,
  created,
  results: metrics.map((metric) => ({
    status: 'fitted' as const,
    metric,
    from: 0,
    to: 1,
    count: 2,
    problems: [],
    bytes: Buffer.from(`${metric}@${created}`),
  })),
})
const namesOf = (shard: number) => NAMES.filter((name) => shardOf(name, OF) === shard)

async function publish(group: string, created: number, options = {}, batch = 'b') {
  const store = createModelStore(storage, options)
  for (let shard = 1; shard <= OF; shard++)
    await store.writePart(batch, { group, shard, of: OF }, trained(created, namesOf(shard)))
  return store.publishParts(batch, { group, of: OF, spec: defaultSpec, created })
}

const text = (model: Uint8Array | AnomstackError | undefined) =>
  model instanceof Uint8Array ? Buffer.from(model).toString() : model

async function keysOf(prefix: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of storage.list(prefix)) keys.push(key)
  return keys
}

describe('a version in parts', () => {
  it('is read like one in a single object, by this store and by another', async () => {
    const version = await publish('run-1', T)
    const bundle = (await createModelStore(storage).latest('b'))!
    expect(bundle).toMatchObject({
      version,
      metrics: NAMES.length,
      created: T,
      batch: 'b',
      spec: defaultSpec,
    })
    const models = await bundle.read([...NAMES, 'nobody'])
    expect([...models.keys()].sort()).toEqual([...NAMES].sort())
    for (const name of NAMES) expect(text(models.get(name))).toBe(`${name}@${T}`)
    expect((await bundle.entries()).size).toBe(NAMES.length)
    expect([...(await bundle.entries(['m1', 'nobody', '']))]).toHaveLength(2)
    expect(await createModelStore(storage).versions('b')).toMatchObject([
      { version, created: T, inUse: true },
    ])
  })

  it('reads nothing of the parts that are not asked for', async () => {
    await publish('run-1', T)
    const read = new Set<string>()
    const watched: Storage = {
      ...storage,
      get: (key, range) => {
        read.add(key)
        return storage.get(key, range)
      },
    }
    await (await createModelStore(watched).latest('b'))!.read(['m1'])
    expect([...read].filter((key) => key.includes('/parts/'))).toEqual([
      `b/parts/run-1/${shardOf('m1', OF)}-4.bundle`,
    ])
  })

  it('takes turns with versions in a single object', async () => {
    await publish('run-1', T)
    const store = createModelStore(storage)
    const single = await store.publish('b', trained(T + 1, ['m1']))
    expect((await store.latest('b'))!.version).toBe(single)
    const again = await publish('run-2', T + 2)
    expect((await store.latest('b'))!.version).toBe(again)
    await store.rollback('b', single)
    expect((await store.latest('b'))!.metrics).toBe(1)
  })

  it('leaves out parts without models, and is none when no part has any', async () => {
    const store = createModelStore(storage)
    const parts = { group: 'g', of: 3, spec: defaultSpec, created: T }
    expect(await store.missingParts('b', parts)).toEqual([1, 2, 3])
    await store.writePart('b', { group: 'g', shard: 2, of: 3 }, trained(T, []))
    expect(await store.missingParts('b', parts)).toEqual([1, 3])
    expect(await store.publishParts('b', parts)).toBeUndefined()
    expect(await store.latest('b')).toBeUndefined()
    const mine = NAMES.filter((name) => shardOf(name, 3) === 1)
    await store.writePart('b', { group: 'g', shard: 1, of: 3 }, trained(T, mine))
    await store.publishParts('b', parts)
    expect([...(await (await store.latest('b'))!.read(NAMES)).keys()].sort()).toEqual(mine.sort())
  })

  it('gives a part that is gone or damaged as an error of its metrics alone', async () => {
    await publish('run-1', T)
    await storage.delete('b/parts/run-1/1-4.bundle')
    await storage.put('b/parts/run-1/2-4.bundle', Buffer.from('nonsense that is long enough'))
    const models = await (await createModelStore(storage).latest('b'))!.read(NAMES)
    for (const name of NAMES) {
      const model = models.get(name)
      if (shardOf(name, OF) > 2) expect(text(model)).toBe(`${name}@${T}`)
      else expect(model).toMatchObject({ code: 'MODEL_INVALID', at: { metric: name } })
    }
  })

  it('deletes the parts of versions that are not kept, and of no others', async () => {
    for (let i = 1; i <= 4; i++) await publish(`run-${i}`, T + i, { keep: 2 })
    const groups = () => keysOf('b/parts/').then((keys) => [...new Set(keys.map((key) => key.split('/')[2]))])
    expect(await groups()).toEqual(['run-3', 'run-4'])
    // Those of a training that is under way stay, those of one that was given up long ago do not.
    const store = createModelStore(storage, { keep: 2 })
    await store.writePart('b', { group: 'under-way', shard: 1, of: 1 }, trained(T, []))
    await store.writePart('b', { group: 'given-up', shard: 1, of: 1 }, trained(T, []))
    const [stale] = await keysOf('b/parts/given-up/')
    const old = new Date(Date.now() - 3 * 86_400_000)
    await utimes(join(folder, 'models', stale!), old, old)
    await store.prune('b')
    expect(await groups()).toEqual(['run-3', 'run-4', 'under-way'])
    for (let i = 5; i <= 7; i++) await store.publish('b', trained(T + i, ['m']))
    expect(await groups()).toEqual(['under-way'])
    expect(await store.remove('b')).toBeGreaterThan(3)
    expect(await keysOf('')).toEqual([])
  })

  it('published again by a run that was interrupted after it had published is read as it is now', async () => {
    await publish('run-1', T)
    const store = createModelStore(storage)
    await (await store.latest('b'))!.read(NAMES)
    await publish('run-1', T + 1)
    const models = await (await store.latest('b'))!.read(NAMES)
    for (const name of NAMES) expect(text(models.get(name))).toBe(`${name}@${T + 1}`)
  })

  it('keeps batches and groups of any names apart', async () => {
    for (const [i, name] of ['a', 'a/b', '..', '', '%', 'parts', 'versions'].entries())
      await publish(name, T + i, {}, name)
    for (const [i, name] of ['a', 'a/b', '..', '', '%', 'parts', 'versions'].entries())
      expect(text((await (await createModelStore(storage).latest(name))!.read(['m1'])).get('m1'))).toBe(
        `m1@${T + i}`,
      )
  })
})

it('every metric has one part, and a little more or fewer parts are nearly the same parts', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 5000 }), (name, of) => {
      const shard = shardOf(name, of)
      expect(shard).toBeGreaterThanOrEqual(1)
      expect(shard).toBeLessThanOrEqual(of)
      expect(Math.abs(shard / of - shardOf(name, of + 1) / (of + 1))).toBeLessThan(2 / of)
    }),
  )
  const counts = new Map<number, number>()
  for (let i = 0; i < 20_000; i++) {
    const shard = shardOf(`host-${i}`, 40)
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  expect(counts.size).toBe(40)
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(150)
})
