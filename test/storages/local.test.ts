import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStorage } from '../../src/storages/index.ts'

const child = fileURLToPath(new URL('./storage-child.ts', import.meta.url))
const bytes = new TextEncoder().encode('value')
let projectDir: string

beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), 'anomstack-local-'))
})
afterEach(() => rm(projectDir, { recursive: true, force: true }))

const open = () => openStorage('local://./models', { projectDir })
const keysOf = async () => {
  const keys: string[] = []
  for await (const { key } of open().list('')) keys.push(key)
  return keys
}

describe('openStorage', () => {
  it('resolves relative locations from the project and takes absolute ones', async () => {
    await open().put('a/b.json', bytes)
    expect(await readdir(join(projectDir, 'models', 'a'))).toEqual(['b.json'])
    await openStorage(`local://${projectDir}/elsewhere`, { projectDir: '/' }).put('c.d', bytes)
    expect(await readdir(join(projectDir, 'elsewhere'))).toContain('c.d')
  })

  it('refuses unknown kinds, naming the known ones, and unknown options', () => {
    for (const path of ['ftp://x', 'models', '', 'local:/x'])
      expect(() => openStorage(path, { projectDir })).toThrow(/local:\/\//)
    expect(() => openStorage('local://x', { projectDir }, { nope: 1 })).toThrow(/nope/)
  })
})

describe('faults', () => {
  it('says STORAGE_FAILED with the folder when it cannot write there', async () => {
    await writeFile(join(projectDir, 'models'), 'a file in the way')
    const error = await open()
      .put('a/b', bytes)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORAGE_FAILED', retryable: true })
    expect((error as Error).message).toContain(join(projectDir, 'models'))
    await rm(join(projectDir, 'models'))
    await open().put('a/b', bytes)
  })

  it('keeps the old object and leaves nothing behind when the disk takes no more', async () => {
    await open().put('large', bytes)
    const limited = `ulimit -f 64; exec "${process.execPath}" --import tsx "${child}" large local://./models "${projectDir}"`
    const run = spawnSync('sh', ['-c', limited], { encoding: 'utf8' })
    expect(run.stdout.trim()).toBe('STORAGE_FAILED')
    expect((await open().get('large'))!.bytes).toEqual(bytes)
    expect(await readdir(join(projectDir, 'models', '.tmp'))).toEqual([])
  })

  it('never lists what a killed process left, and removes it later', async () => {
    const tmp = join(projectDir, 'models', '.tmp')
    let left: string[] = []
    for (let round = 0; round < 40 && left.length === 0; round++) {
      const writer = spawn(process.execPath, [
        '--import',
        'tsx',
        child,
        'overwrite',
        'local://./models',
        projectDir,
      ])
      await createInterface(writer.stdout)[Symbol.asyncIterator]().next()
      await new Promise((resolve) => setImmediate(resolve))
      writer.kill('SIGKILL')
      await once(writer, 'exit')
      left = (await readdir(tmp)).filter((name) => !name.endsWith('.lock'))
    }
    expect(left).not.toEqual([])
    expect(await keysOf()).toEqual(['batch/object'])
    await open().put('x', bytes)
    expect(await readdir(tmp)).toEqual(expect.arrayContaining(left))
    const aWhileAgo = Date.now() / 1000 - 120
    for (const name of left) await utimes(join(tmp, name), aWhileAgo, aWhileAgo)
    await open().put('x', bytes)
    for (const name of left) expect(await readdir(tmp)).not.toContain(name)
  })

  it('takes over the lock of a process that has ended', async () => {
    await open().put('x', bytes)
    const ended = spawnSync(process.execPath, ['-e', '0']).pid
    const { createHash } = await import('node:crypto')
    const name = `${createHash('sha256').update('x').digest('hex').slice(0, 32)}.lock`
    await writeFile(
      join(projectDir, 'models', '.tmp', name),
      JSON.stringify({ host: hostname(), pid: ended }),
    )
    await open().put('x', new Uint8Array([1]))
    expect((await open().get('x'))!.bytes).toEqual(new Uint8Array([1]))
    expect(await readdir(join(projectDir, 'models', '.tmp'))).toEqual([])
  })

  it('ignores files that others put into the folder', async () => {
    await open().put('a/b', bytes)
    await writeFile(join(projectDir, 'models', 'README'), 'no key is stored under this name')
    await writeFile(join(projectDir, 'models', 'a', '.DS_Store'), '')
    await mkdir(join(projectDir, 'models', 'a', 'Upper'))
    expect(await keysOf()).toEqual(['a/b'])
  })
})
