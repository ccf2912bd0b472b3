import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModelStore } from '../../src/models/model-store.ts'
import { shardOf } from '../../src/models/shard.ts'
import { openStorage } from '../../src/storages/index.ts'
import type { Storage } from '../../src/storages/storage.ts'
import { defaultSpec } from './samples.ts'

const T = Date.UTC(2026, 0, 1)
const OF = 3
const NAMES = ['a/b', '__proto__', '🔥', ...Array.from({ length: 9 }, (_, i) => `m${i}`)]
const spec = { ...defaultSpec, update: 'online' } as const
let folder: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anomstack-learned-'))
  storage = openStorage('local://./models', { projectDir: folder })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A model that has learned up to `to`, by whom. */
const model = (metric: string, to: number, by = 'training') => ({
  metric,
  from: 0,
  to,
  count: to,
  problems: [],
  fit: { at: T, basis: by, to, count: to },
  bytes: Buffer.from(`${metric}@${to} of ${by}`),
})
const trained = (created: number, metrics: readonly string[] = NAMES) => ({
  spec,
  created,
  results: metrics.map((metric) => ({ status: 'fitted' as const, ...model(metric, 10) })),
})

async function publishParts(store = createModelStore(storage), created = T) {
  const parts = { group: `run-${created}`, of: OF }
  for (let shard = 1; shard <= OF; shard++) {
    const mine = NAMES.filter((name) => shardOf(name, OF) === shard)
    await store.writePart('b', { ...parts, shard }, trained(created, mine))
  }
  return (await store.publishParts('b', { ...parts, spec, created }))!
}

async function read(metrics = NAMES, from = storage): Promise<Record<string, string>> {
  const bundle = (await createModelStore(from).latest('b'))!
  const entries = await bundle.entries(metrics)
  const models = await bundle.read(metrics)
  return Object.fromEntries(
    metrics.map((metric) => {
      const bytes = models.get(metric)
      const text = bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : String(bytes?.code)
      return [metric, `${text}, ${entries.get(metric)?.to}`]
    }),
  )
}

async function learnedKeys(): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of storage.list('b/learned/')) keys.push(key)
  return keys
}

describe.each(['in one object', 'in parts'])('what models of a version %s have learned', (where) => {
  const publish = (store = createModelStore(storage), created = T) =>
    where === 'in parts' ? publishParts(store, created) : store.publish('b', trained(created))

  it('is read with the version, by any store, each metric as far as it has come', async () => {
    const store = createModelStore(storage)
    const version = await publish(store)
    expect((await read()).m1).toBe('m1@10 of training, 10')
    await store.keepLearned('b', version, [model('m1', 12, 'a'), model('a/b', 11, 'a')])
    await store.keepLearned('b', version, [model('m2', 13, 'b'), model('a/b', 14, 'b')])
    const found = await read()
    expect(found).toMatchObject({
      m1: 'm1@12 of a, 12',
      m2: 'm2@13 of b, 13',
      'a/b': 'a/b@14 of b, 14',
      m3: 'm3@10 of training, 10',
    })
    const entries = await (await store.latest('b'))!.entries()
    expect(entries.size).toBe(NAMES.length)
    expect(entries.get('a/b')?.fit).toMatchObject({ basis: 'b', count: 14 })
    expect((await store.latest('b'))!.version).toBe(version)
    expect(await store.versions('b')).toHaveLength(1)
  })

  it('never falls behind: of two runs what has learned further stays, whoever comes last', async () => {
    const version = await publish()
    const stores = Array.from({ length: 6 }, () => createModelStore(storage))
    await Promise.all(
      stores.map((store, i) =>
        store.keepLearned(
          'b',
          version,
          NAMES.map((name, at) => model(name, 11 + ((i + at) % 6), `run ${i}`)),
        ),
      ),
    )
    const found = await read()
    NAMES.forEach((name, at) => {
      expect(found[name]).toBe(`${name}@16 of run ${(11 - at + 6 * 3) % 6}, 16`)
    })
    await createModelStore(storage).keepLearned('b', version, [
      model('m1', 15, 'late'),
      model('m2', 16, 'late'),
    ])
    expect(await read()).toEqual(found)
  })

  it('is only what was published again where it is damaged or gone, and is then learned again', async () => {
    const version = await publish()
    const store = createModelStore(storage)
    await store.keepLearned(
      'b',
      version,
      NAMES.map((name) => model(name, 20)),
    )
    for (const key of await learnedKeys()) await storage.put(key, Buffer.from('nonsense that is long enough'))
    expect((await read()).m1).toBe('m1@10 of training, 10')
    await store.keepLearned('b', version, [model('m1', 21)])
    expect((await read()).m1).toBe('m1@21 of training, 21')
    for (const key of await learnedKeys()) await storage.delete(key)
    expect((await read()).m1).toBe('m1@10 of training, 10')
  })

  it('fails one metric alone where its model is damaged, until something is learned again', async () => {
    const version = await publish()
    const store = createModelStore(storage)
    await store.keepLearned(
      'b',
      version,
      NAMES.map((name) => model(name, 20)),
    )
    for (const key of await learnedKeys()) {
      const bytes = Buffer.from((await storage.get(key))!.bytes)
      const at = bytes.indexOf('m1@20')
      if (at >= 0) bytes[at] = 0
      await storage.put(key, bytes)
    }
    const found = await read()
    expect(found.m1).toBe('MODEL_INVALID, 20')
    expect(found.m2).toBe('m2@20 of training, 20')
    await store.keepLearned(
      'b',
      version,
      NAMES.filter((name) => name !== 'm1').map((name) => model(name, 21)),
    )
    expect((await read()).m2).toBe('m2@21 of training, 21')
  })

  it('goes with its version, and comes back with it', async () => {
    const store = createModelStore(storage, { keep: 2 })
    const first = await publish(store)
    await store.keepLearned('b', first, [model('m1', 12)])
    await publish(store, T + 1)
    expect((await read()).m1).toBe('m1@10 of training, 10')
    await store.rollback('b', first)
    expect((await read()).m1).toBe('m1@12 of training, 12')
    for (const later of [Date.now() + 1000, Date.now() + 2000]) await publish(store, later)
    expect(await learnedKeys()).toEqual([])
    await store.keepLearned('b', first, [model('m1', 13)])
    await store.prune('b')
    expect(await learnedKeys()).toEqual([])
    await store.remove('b')
    expect(await store.latest('b')).toBeUndefined()
  })

  it('is whole whatever write fails, before or after it was done', async () => {
    const version = await publish()
    for (const after of [false, true]) {
      const broken: Storage = {
        ...storage,
        put: async (...given) => {
          if (after) await storage.put(...given)
          throw new Error('the power went out')
        },
      }
      const to = after ? 30 : 20
      const learned = NAMES.map((name) => model(name, to))
      const kept = createModelStore(broken).keepLearned('b', version, learned)
      await expect(kept).rejects.toMatchObject({ code: 'STORAGE_FAILED', at: { batch: 'b' } })
      await createModelStore(storage).keepLearned('b', version, learned)
      expect(new Set(Object.values(await read()).map((text) => text.split(', ')[1]))).toEqual(
        new Set([String(to)]),
      )
    }
  })

  it('is read whole while it is replaced', async () => {
    const version = await publish()
    const store = createModelStore(storage)
    await store.keepLearned(
      'b',
      version,
      NAMES.map((name) => model(name, 20)),
    )
    let replaced = false
    const racing: Storage = {
      ...storage,
      async get(key, range) {
        if (key.includes('/learned/') && (range?.start ?? 0) > 0 && !replaced) {
          replaced = true
          await store.keepLearned(
            'b',
            version,
            NAMES.map((name) => model(name, 30)),
          )
        }
        return storage.get(key, range)
      },
    }
    const models = await (await createModelStore(racing).latest('b'))!.read(NAMES)
    expect(replaced).toBe(true)
    for (const name of NAMES)
      expect(Buffer.from(models.get(name) as Uint8Array).toString()).toMatch(/@[23]0 /)
  })
})

it('nothing more is read of a version whose models do not learn', async () => {
  const keys = new Set<string>()
  const watched: Storage = {
    ...storage,
    get: (key, range) => {
      keys.add(key)
      return storage.get(key, range)
    },
  }
  await createModelStore(storage).publish('b', { ...trained(T), spec: defaultSpec })
  expect((await read(NAMES, watched)).m1).toBe('m1@10 of training, 10')
  expect([...keys].filter((key) => key.includes('learned'))).toEqual([])
})

it('of a version that is not there any more nothing is kept', async () => {
  await createModelStore(storage).keepLearned('b', '20260101t000000000z-00000000', [model('m1', 12)])
  expect(await learnedKeys()).toEqual([])
})
