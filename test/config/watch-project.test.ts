import { mkdir, rename, rm, utimes } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { watchProject } from '../../src/config/watch-project.ts'
import { createProject, writeFiles } from '../project.ts'

const never = new AbortController().signal

async function watched(
  files: Readonly<Record<string, string>> = { 'a.yaml': 'one', 'metrics/b.sql': 'two' },
) {
  const dir = await createProject(files)
  const watcher = watchProject({ dir, dataDir: path.join(dir, 'state') })
  expect(await watcher.look(never)).toBe(false)
  expect(await watcher.look(never)).toBe(false)
  return { dir, watcher, look: () => watcher.look(never) }
}

describe('watchProject', () => {
  it.each<[string, (dir: string) => Promise<unknown>]>([
    ['a changed file', (dir) => writeFiles(dir, { 'a.yaml': 'eno' })],
    ['a new file in a new folder', (dir) => writeFiles(dir, { 'metrics/new/Zürich 測試.ts': 'x' })],
    ['a deleted file', (dir) => rm(path.join(dir, 'metrics/b.sql'))],
    ['a renamed file', (dir) => rename(path.join(dir, 'a.yaml'), path.join(dir, 'c.yml'))],
    ['a changed .env', (dir) => writeFiles(dir, { '.env': 'A=1' })],
  ])('sees %s, once', async (_, change) => {
    const { dir, look } = await watched()
    await change(dir)
    expect(await look()).toBe(true)
    expect(await look()).toBe(false)
  })

  it('sees a file of the same length that keeps its time', async () => {
    const { dir, look } = await watched()
    const time = new Date()
    await utimes(path.join(dir, 'a.yaml'), time, time)
    expect(await look()).toBe(false)
    await writeFiles(dir, { 'a.yaml': 'two' })
    await utimes(path.join(dir, 'a.yaml'), time, time)
    expect(await look()).toBe(true)
  })

  it('does not mind other files, those of the program, of packages, and hidden ones', async () => {
    const { dir, look } = await watched()
    await writeFiles(dir, {
      'notes.txt': 'x',
      'metrics.db': 'x',
      'state/x.yaml': 'x',
      'node_modules/x/x.ts': 'x',
      '.git/x.yaml': 'x',
      '.hidden.yaml': 'x',
    })
    await mkdir(path.join(dir, 'empty.yaml'))
    expect(await look()).toBe(false)
  })

  it('fails when the folder is gone, and goes on when it is back', async () => {
    const { dir, look } = await watched()
    await rename(dir, `${dir}-away`)
    await expect(look()).rejects.toThrow('ENOENT')
    await rename(`${dir}-away`, dir)
    expect(await look()).toBe(false)
  })

  it('tells of a change where the system does, until nobody listens', async () => {
    const { dir, watcher } = await watched()
    let told = () => {}
    const happened = new Promise<void>((resolve) => {
      told = resolve
    })
    const stop = watcher.listen(() => told())
    await writeFiles(dir, { 'metrics/b.sql': 'three' })
    await happened
    stop()
  })
})
