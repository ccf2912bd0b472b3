import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStorage } from '../../src/storages/index.ts'

const text = (value: string) => new TextEncoder().encode(value)
const keyText = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const OLD = keyText(1)
const NEW = keyText(2)
let projectDir: string

beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), 'anomstack-encryption-'))
})
afterEach(() => rm(projectDir, { recursive: true, force: true }))

const open = (options: Readonly<Record<string, unknown>> = {}) =>
  openStorage('local://./models', { projectDir }, options)
const encrypted = (...keys: readonly string[]) => open({ encryption_key: keys })
/** The same objects as they lie in the folder, without any key. */
const raw = async (key: string) => readFile(join(projectDir, 'models', ...fileOf(key)))
const writeRaw = async (key: string, bytes: Uint8Array) =>
  writeFile(join(projectDir, 'models', ...fileOf(key)), bytes)
const fileOf = (key: string) =>
  key.split('/').map((part, i, all) => (i === all.length - 1 ? `${part}.%` : part))
const problemOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => (error as { message: string }).message,
  )

describe('an encrypted storage', () => {
  it('shows nothing of what it holds, and each time something else', async () => {
    const plain = text('the secret of the metric '.repeat(10_000))
    await encrypted(NEW).put('a', plain)
    const first = await raw('a')
    expect(first.includes('secret')).toBe(false)
    expect(first.length).toBeGreaterThan(plain.length)
    await encrypted(NEW).put('a', plain)
    expect((await raw('a')).equals(first)).toBe(false)
    expect(await readdir(join(projectDir, 'models'))).not.toContain('key')
  })

  it('gives back every range, whatever the size', async () => {
    const size = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.constantFrom(65_535, 65_536, 65_537, 131_072, 200_001),
    )
    const ends = fc.tuple(fc.integer({ min: 0, max: 210_000 }), fc.integer({ min: 0, max: 210_000 }))
    await fc.assert(
      fc.asyncProperty(size, fc.array(ends, { maxLength: 8 }), async (length, ranges) => {
        const plain = randomBytes(length)
        const storage = encrypted(NEW)
        const halves = [plain.subarray(0, length / 3), plain.subarray(length / 3)]
        const { etag } = await storage.put('a', halves)
        expect(await storage.head('a')).toMatchObject({ size: length, etag })
        for (const reader of [storage, encrypted(NEW)])
          for (const [a, b] of [...ranges, [0, length], [65_536, 65_537], [length, length + 1]] as const) {
            const [start, end] = [Math.min(a, b), Math.max(a, b)]
            const object = await reader.get('a', { start, end })
            expect(plain.subarray(start, end).equals(object!.bytes)).toBe(true)
            expect(object!.etag).toBe(etag)
          }
      }),
      { numRuns: 25 },
    )
  })

  it('finds every byte that was changed, and everything that was cut off', async () => {
    const plain = randomBytes(70_000)
    await encrypted(NEW).put('a', plain)
    const whole = await raw('a')
    const positions = [0, 8, 16, 47, 48, 55, 56, 71, 72, 5000, 65_608, 65_623, 65_624, whole.length - 1]
    for (const position of positions) {
      const changed = Buffer.from(whole)
      changed[position]! ^= 1
      await writeRaw('a', changed)
      expect(await problemOf(encrypted(NEW).get('a'))).not.toBe('nothing')
    }
    for (const length of [1, 71, 72, 73, 65_624, 65_625, whole.length - 1]) {
      await writeRaw('a', whole.subarray(0, length))
      expect(await problemOf(encrypted(NEW).get('a'))).not.toBe('nothing')
      expect(await problemOf(encrypted(NEW).get('a', { start: 69_000, end: 70_000 }))).not.toBe('nothing')
    }
    await writeRaw('a', whole)
    expect(plain.equals((await encrypted(NEW).get('a'))!.bytes)).toBe(true)
  })

  it('takes no object for another one, and no chunk for another one', async () => {
    await encrypted(NEW).put('a', randomBytes(200_000))
    await encrypted(NEW).put('b', text('b'))
    const whole = await raw('a')
    await writeRaw('b', whole)
    expect(await problemOf(encrypted(NEW).get('b'))).toContain('has not the encryption key')
    const chunk = (index: number) => whole.subarray(72 + index * 65_552, 72 + (index + 1) * 65_552)
    await writeRaw(
      'a',
      Buffer.concat([whole.subarray(0, 72), chunk(1), chunk(0), whole.subarray(72 + 2 * 65_552)]),
    )
    for (const range of [undefined, { start: 70_000, end: 70_001 }])
      expect(await problemOf(encrypted(NEW).get('a', range))).toContain('has not the encryption key')
  })

  it('follows an object that is replaced between two reads of it', async () => {
    const reader = encrypted(NEW)
    await reader.put('a', new Uint8Array(200_000).fill(1))
    expect((await reader.get('a', { start: 100_000, end: 100_001 }))!.bytes[0]).toBe(1)
    await encrypted(NEW).put('a', new Uint8Array(150_000).fill(2))
    expect((await reader.get('a', { start: 100_000, end: 100_001 }))!.bytes[0]).toBe(2)
    await encrypted(NEW).delete('a')
    expect(await reader.get('a', { start: 100_000, end: 100_001 })).toBeUndefined()
  })
})

describe('keys', () => {
  it('rotate: the first encrypts, all decrypt', async () => {
    await encrypted(OLD).put('old', text('1'))
    const both = open({ encryption_key: `${NEW}, ${OLD}` })
    await both.put('new', text('2'))
    expect((await both.get('old'))!.bytes).toEqual(text('1'))
    expect((await encrypted(NEW).get('new'))!.bytes).toEqual(text('2'))
    expect(await problemOf(encrypted(OLD).get('new'))).toMatch(
      /is encrypted with another key \([0-9a-f]{16}\)/,
    )
  })

  it('that are missing or wrong are said to be, and not shown', async () => {
    await encrypted(OLD).put('a', text('1'))
    for (const [storage, says] of [
      [open(), 'there is no key: set encryption_key (ANOMSTACK_MODEL_KEY)'],
      [encrypted(NEW), 'is encrypted with another key'],
    ] as const)
      for (const range of [undefined, { start: 0, end: 1 }]) {
        const error = await storage.get('a', range).catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ code: 'STORAGE_FAILED', retryable: false })
        expect((error as Error).message).toContain(says)
        expect((error as Error).message).not.toContain(NEW)
      }
  })

  it('may be hexadecimal, and stand in a file', async () => {
    await writeFile(join(projectDir, 'keys'), `# the newest first\n${'ab'.repeat(32)}\r\n\n  ${OLD}\n`)
    await open({ encryption_key_file: 'keys' }).put('a', text('1'))
    expect((await encrypted('AB'.repeat(32)).get('a'))!.bytes).toEqual(text('1'))
    await encrypted(OLD).put('b', text('2'))
    expect((await open({ encryption_key_file: 'keys' }).get('b'))!.bytes).toEqual(text('2'))
    const absent = open({ encryption_key_file: 'nowhere' })
    await expect(absent.get('a')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await writeFile(join(projectDir, 'nowhere'), OLD.slice(1))
    await expect(absent.get('a')).rejects.toThrow('expected 32 bytes in base64')
    await writeFile(join(projectDir, 'nowhere'), OLD)
    expect((await absent.get('b'))!.bytes).toEqual(text('2'))
  })

  it('that are none are refused, and not shown', () => {
    for (const key of ['', 'secret-passphrase', OLD.slice(2), `${OLD},nonsense`, ['x']]) {
      expect(() => open({ encryption_key: key })).toThrow('options of the storage "local"')
      expect(() => open({ encryption_key: key })).not.toThrow(/passphrase|nonsense/)
    }
  })
})

describe('changing over', () => {
  it('refuses what is not encrypted, unless it may be there', async () => {
    await open().put('plain', randomBytes(200_000))
    expect(await problemOf(encrypted(NEW).get('plain'))).toContain('set encryption_allow_plain')
    expect(await problemOf(encrypted(NEW).get('plain', { start: 150_000, end: 150_001 }))).toContain(
      'not encrypted',
    )
    const both = open({ encryption_key: NEW, encryption_allow_plain: true })
    const plain = (await open().get('plain'))!.bytes
    for (const range of [undefined, { start: 10, end: 70_000 }, { start: 150_000, end: 150_100 }])
      expect((await both.get('plain', range))!.bytes).toEqual(plain.slice(range?.start ?? 0, range?.end))
    expect(await both.head('plain')).toMatchObject({ size: 200_000 })
    await both.put('plain', text('now encrypted'))
    expect((await encrypted(NEW).get('plain'))!.bytes).toEqual(text('now encrypted'))
    for await (const { size } of both.list('')) expect(size).toBe(13)
  })
})
