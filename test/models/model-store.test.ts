import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModelStore, type Trained } from '../../src/models/model-store.ts'
import { openStorage } from '../../src/storages/index.ts'
import type { Storage } from '../../src/storages/storage.ts'
import { defaultSpec } from './samples.ts'

const T = Date.UTC(2026, 0, 1)
let folder: string
let storage: Storage

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anomstack-store-'))
  storage = openStorage('local://./models', { projectDir: folder })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const trained = (created: number, metrics: readonly string[] = ['m']): Trained => ({
  spec: defaultSpec,
  created,
  results: [
    { status: 'learning' },
    ...metrics.map((metric) => ({
      status: 'fitted' as const,
      metric,
      from: 0,
      to: 1,
      count: 2,
      problems: [],
      bytes: Buffer.from(`${metric}@${created}`),
    })),
    { status: 'failed' },
  ],
})
const inUse = async (batch = 'b') => {
  const bundle = await createModelStore(storage).latest(batch)
  return bundle && Buffer.from((await bundle.read(['m'])).get('m') as Uint8Array).toString()
}

describe('model store', () => {
  it('has nothing of a batch that was never trained', async () => {
    const store = createModelStore(storage)
    expect(await store.latest('b')).toBeUndefined()
    expect(await store.lastTrained('b')).toBeUndefined()
    expect(await store.versions('b')).toEqual([])
  })

  it('publishes, lists and reads versions', async () => {
    const store = createModelStore(storage)
    const first = await store.publish('b', trained(T))
    const second = await store.publish('b', trained(T + 1000))
    expect(second > first).toBe(true)
    expect(await store.versions('b')).toMatchObject([
      { version: second, created: T + 1000, inUse: true },
      { version: first, created: T, inUse: false },
    ])
    expect(await inUse()).toBe(`m@${T + 1000}`)
    expect((await store.latest('b'))!.version).toBe(second)
    expect(await store.lastTrained('b')).toBe(T + 1000)
    expect((await store.latest('b'))!.libraryVersion).toMatch(/^\d+\.\d+\.\d+/)
  })

  it('knows when a training last found nothing to change, until another version comes into use', async () => {
    const store = createModelStore(storage, { now: () => T + 3000 })
    expect(await store.confirm('b', T)).toBeUndefined()
    expect(await store.lastTrained('b')).toBeUndefined()
    const first = await store.publish('b', trained(T))
    expect(await store.confirm('b', T + 1000)).toBe(first)
    expect(await store.lastTrained('b')).toBe(T + 1000)
    expect((await createModelStore(storage).latest('b'))!.version).toBe(first)
    // One that began before the other ended comes into use nevertheless.
    const second = await store.publish('b', trained(T + 500))
    expect((await store.latest('b'))!.version).toBe(second)
    expect(await store.lastTrained('b')).toBe(T + 500)
    await store.confirm('b', T + 2000)
    await store.rollback('b', first)
    expect(await store.lastTrained('b')).toBe(T + 3000)
  })

  it('publishing the same again changes nothing', async () => {
    const store = createModelStore(storage)
    const version = await store.publish('b', trained(T))
    expect(await store.publish('b', trained(T))).toBe(version)
    expect(await store.versions('b')).toHaveLength(1)
  })

  it('keeps the newer created in use when an older comes late', async () => {
    const store = createModelStore(storage)
    await store.publish('b', trained(T + 5000))
    await store.publish('b', trained(T))
    expect(await inUse()).toBe(`m@${T + 5000}`)
  })

  it('loses none of many that publish at once', async () => {
    const stores = Array.from({ length: 6 }, () => createModelStore(storage, { keep: 20 }))
    await Promise.all(stores.map((store, i) => store.publish('b', trained(T + ((i * 7) % 6) * 1000))))
    expect(await inUse()).toBe(`m@${T + 5000}`)
    expect(await createModelStore(storage).versions('b')).toHaveLength(6)
  })

  it('keeps so many versions, and the one in use', async () => {
    const store = createModelStore(storage, { keep: 3, now: () => T + 100_000 })
    const first = await store.publish('b', trained(T))
    for (let i = 1; i < 4; i++) await store.publish('b', trained(T + i * 1000))
    expect((await store.versions('b')).map(({ created }) => created)).toEqual([T + 3000, T + 2000, T + 1000])
    expect(first).not.toBe((await store.versions('b')).at(-1)!.version)
    const oldest = (await store.versions('b')).at(-1)!.version
    await store.rollback('b', oldest)
    for (let i = 4; i < 8; i++) await store.publish('b', trained(T + i * 1000))
    expect((await store.versions('b')).map(({ version }) => version)).toContain(oldest)
    expect(await inUse()).toBe(`m@${T + 1000}`)
  })

  it('rolls back until the next training, also when one begun before ends after', async () => {
    const store = createModelStore(storage, { now: () => T + 10_000 })
    const first = await store.publish('b', trained(T))
    await store.publish('b', trained(T + 1000))
    await store.rollback('b', first)
    expect(await inUse()).toBe(`m@${T}`)
    await store.publish('b', trained(T + 9000))
    expect(await inUse()).toBe(`m@${T}`)
    await store.publish('b', trained(T + 11_000))
    expect(await inUse()).toBe(`m@${T + 11_000}`)
    for (const version of ['nope', '../../x', ''])
      await expect(store.rollback('b', version)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        at: { batch: 'b' },
      })
  })

  it('keeps batches of any names apart', async () => {
    const names = [
      'a',
      'a/b',
      'a%2Fb',
      '..',
      '.',
      '',
      '%',
      '__proto__',
      'con',
      '🔥',
      'versions',
      'latest.json',
      'n\nl',
      'x'.repeat(400),
    ]
    const store = createModelStore(storage)
    for (const [i, name] of names.entries()) await store.publish(name, trained(T + i))
    for (const [i, name] of names.entries()) {
      expect(await inUse(name)).toBe(`m@${T + i}`)
      expect(await store.versions(name)).toHaveLength(1)
    }
  })

  it('reads a model from the storage once', async () => {
    let reads = 0
    const counting: Storage = {
      ...storage,
      get: (key, range) => {
        if (key.endsWith('.bundle')) reads++
        return storage.get(key, range)
      },
    }
    const store = createModelStore(counting)
    await store.publish('b', trained(T, ['m', 'n']))
    for (let i = 0; i < 5; i++) await (await store.latest('b'))!.read(['m', 'n'])
    expect(reads).toBe(2)
  })

  it('gives a pointer that leads nowhere, or is damaged, as MODEL_INVALID, and training heals it', async () => {
    const store = createModelStore(storage)
    const version = await store.publish('b', trained(T))
    await storage.delete(`b/versions/${version}.bundle`)
    await expect(createModelStore(storage).latest('b')).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      at: { batch: 'b' },
    })
    await storage.put('b/latest.json', Buffer.from('{"version'))
    await expect(store.latest('b')).rejects.toMatchObject({ code: 'MODEL_INVALID' })
    await store.publish('b', trained(T + 1))
    expect(await inUse()).toBe(`m@${T + 1}`)
  })

  it('leaves the version before in use whatever write fails, before or after it was done', async () => {
    await createModelStore(storage).publish('b', trained(T))
    for (const after of [false, true])
      for (let failing = 1; ; failing++) {
        let calls = 0
        let fired = false
        const faulty =
          <Arguments extends unknown[], Result>(work: (...parameters: Arguments) => Promise<Result>) =>
          async (...parameters: Arguments) => {
            const fails = ++calls === failing
            const result = fails && !after ? undefined : await work(...parameters)
            if (!fails) return result as Result
            fired = true
            throw new Error('the power went out')
          }
        const broken: Storage = {
          ...storage,
          put: faulty((...given: Parameters<Storage['put']>) => storage.put(...given)),
          delete: faulty((key: string) => storage.delete(key)),
        }
        const created = T + failing * 1000 + (after ? 500_000 : 0)
        const before = await inUse()
        const result = await createModelStore(broken, { keep: 1 })
          .publish('b', trained(created))
          .then(
            () => 'published',
            () => 'failed',
          )
        expect([before, `m@${created}`]).toContain(await inUse())
        if (!fired) {
          expect(result).toBe('published')
          expect(failing).toBeGreaterThan(2)
          break
        }
        expect(result).toBe('failed')
        await createModelStore(storage, { keep: 1 }).publish('b', trained(created))
        expect(await inUse()).toBe(`m@${created}`)
      }
  })
})

describe('bugs of the original', () => {
  it('2.2 train: metric names with / do not break the path', async () => {
    const store = createModelStore(storage)
    const names = ['a/b', '../../etc/passwd', '/', 'm']
    await store.publish('b/c', trained(T, names))
    const models = await (await store.latest('b/c'))!.read(names)
    for (const name of names)
      expect(Buffer.from(models.get(name) as Uint8Array).toString()).toBe(`${name}@${T}`)
  })

  it('2.2 train: models carry their metadata, and older versions stay', async () => {
    const store = createModelStore(storage)
    await store.publish('b', trained(T))
    await store.publish('b', trained(T + 1))
    const bundle = (await store.latest('b'))!
    expect(bundle.spec).toEqual(defaultSpec)
    expect((await bundle.entries()).get('m')).toEqual({ metric: 'm', from: 0, to: 1, count: 2, problems: [] })
    expect(await store.versions('b')).toHaveLength(2)
  })
})
