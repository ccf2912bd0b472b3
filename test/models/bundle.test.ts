import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BundleContent, encodeBundle, openBundle } from '../../src/models/bundle.ts'
import { openStorage } from '../../src/storages/index.ts'
import type { ByteRange, Storage } from '../../src/storages/storage.ts'
import { defaultSpec } from './samples.ts'

let folder: string
let storage: Storage
let ranges: ByteRange[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anomstack-bundle-'))
  const real = openStorage('local://./models', { projectDir: folder })
  ranges = []
  storage = {
    ...real,
    get: (key, range) => {
      if (range) ranges.push(range)
      return real.get(key, range)
    },
  }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const HOSTILE = [
  'a/b',
  '__proto__',
  'constructor',
  '🔥',
  '',
  ' ',
  '"',
  "'; drop table",
  'line\nbreak',
  '..',
  '\ud800',
  'x'.repeat(5000),
]

const FIT = { at: 5, basis: 'b', since: 1, to: 12, count: 11 }

function content(metrics: readonly string[], size = (i: number) => i * 3): BundleContent {
  return {
    batch: 'b/🔥',
    created: 1_767_225_600_000,
    libraryVersion: '1.2.3',
    spec: defaultSpec,
    models: metrics.map((metric, i) => ({
      metric,
      from: i,
      to: i + 10,
      count: 11,
      problems: i === 1 ? ['knn_default is left out: too few'] : [],
      ...(i === 2 ? { fit: FIT } : {}),
      bytes: new Uint8Array(size(i)).fill(i + 1),
    })),
  }
}

const put = async (bundle: BundleContent) => storage.put('k', encodeBundle(bundle))
const open = async () => (await openBundle(storage, 'k'))!

describe('bundles', () => {
  it('say how and from what their models were made, of metrics of any name', async () => {
    await put(content(HOSTILE))
    const bundle = await open()
    expect(bundle).toMatchObject({
      batch: 'b/🔥',
      created: 1_767_225_600_000,
      libraryVersion: '1.2.3',
      spec: defaultSpec,
    })
    expect([...bundle.entries.keys()]).toEqual(HOSTILE)
    expect(bundle.entries.get('__proto__')).toEqual({
      metric: '__proto__',
      from: 1,
      to: 11,
      count: 11,
      problems: ['knn_default is left out: too few'],
    })
    expect(bundle.entries.get(HOSTILE[2]!)).toMatchObject({ from: 2, fit: FIT })
    const read = await bundle.read(HOSTILE)
    HOSTILE.forEach((metric, i) => {
      expect(read.get(metric)).toEqual(new Uint8Array(i * 3).fill(i + 1))
    })
  })

  it('read what is there of what is asked for', async () => {
    await put(content(['a', 'b']))
    expect([...(await (await open()).read(['b', 'nope', 'b'])).keys()]).toEqual(['b'])
    await put(content([]))
    expect((await (await open()).read(['a'])).size).toBe(0)
    expect(await openBundle(storage, 'absent')).toBeUndefined()
  })

  it('read single models by range, and neighbours together', async () => {
    const metrics = Array.from({ length: 100 }, (_, i) => `m${i}`)
    await put(content(metrics, () => 20_000))
    const bundle = await open()
    ranges = []
    await bundle.read(['m50'])
    expect(ranges.map(({ start, end }) => end - start)).toEqual([20_000])
    ranges = []
    await bundle.read(['m3', 'm1', 'm2', 'm90'])
    expect(ranges.map(({ start, end }) => end - start)).toEqual([60_000, 20_000])
  })

  it('have headers larger than the first read', async () => {
    const metrics = Array.from({ length: 3000 }, (_, i) => `metric ${i}`)
    await put(content(metrics, () => 8))
    const bundle = await open()
    expect(bundle.entries.size).toBe(3000)
    expect((await bundle.read(['metric 2999'])).get('metric 2999')).toEqual(
      new Uint8Array(8).fill(3000 % 256),
    )
  })

  it('with a damaged model lose that one only', async () => {
    const bytes = Buffer.concat(encodeBundle(content(['a', 'b', 'c'], () => 100)))
    bytes[bytes.length - 150]! ^= 1
    await storage.put('k', bytes)
    const read = await (await open()).read(['a', 'b', 'c'])
    expect(read.get('a')).toBeInstanceOf(Uint8Array)
    expect(read.get('b')).toMatchObject({ code: 'MODEL_INVALID', at: { metric: 'b', file: 'k' } })
    expect(read.get('c')).toBeInstanceOf(Uint8Array)
  })

  it('with a damaged or cut header are MODEL_INVALID', async () => {
    const bytes = Buffer.concat(encodeBundle(content(['a', 'b'])))
    const rejected = { code: 'MODEL_INVALID' }
    for (const at of [0, 9, 13, 20, 60]) {
      const damaged = bytes.slice()
      damaged[at]! ^= 1
      await storage.put('k', damaged)
      await expect(openBundle(storage, 'k')).rejects.toMatchObject(rejected)
    }
    for (const length of [0, 10, 40]) {
      await storage.put('k', bytes.slice(0, length))
      await expect(openBundle(storage, 'k')).rejects.toMatchObject(rejected)
    }
  })

  it('that are replaced while they are read do not mix two versions', async () => {
    await put(content(['a', 'b']))
    const bundle = await open()
    await put(content(['a', 'b'], () => 50))
    await expect(bundle.read(['a'])).rejects.toMatchObject({ code: 'STORAGE_CONFLICT', retryable: true })
    await storage.delete('k')
    await expect(bundle.read(['a'])).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' })
  })
})
