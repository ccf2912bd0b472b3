import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** A lock is held for some milliseconds; one as old as this belongs to a process that is gone or stuck. */
const STALE_AFTER_MS = 30_000
const LONGEST_WAIT_MS = 25

const owner = JSON.stringify({ host: hostname(), pid: process.pid })

/** Whether a process of this machine has ended. Unknown, and so false, for other machines. */
export function hasEnded(ownerText: string): boolean {
  try {
    const { host, pid } = JSON.parse(ownerText) as { host: string; pid: number }
    if (host !== hostname() || typeof pid !== 'number') return false
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Somebody else was faster: the lock is gone, or has a new owner. */
const ignoreLostRace = (error: NodeJS.ErrnoException) => {
  if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
}

/** Removes the lock if it still is the abandoned one (by inode): another waiter may have been faster, and the lock be live again. */
async function breakIfStale(path: string): Promise<void> {
  const [seen, text] = await Promise.all([stat(path, { bigint: true }), readFile(path, 'utf8')])
  const age = Date.now() - Number(seen.mtimeMs)
  if (!hasEnded(text) && age < STALE_AFTER_MS) return
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  await rename(path, aside)
  const moved = await stat(aside, { bigint: true })
  try {
    if (moved.ino !== seen.ino) await link(aside, path)
  } finally {
    await rm(aside, { force: true })
  }
}

async function tryToTake(path: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await breakIfStale(path).catch(ignoreLostRace)
    return false
  }
}

/** Runs `work` while no other process or call holds the lock file `name` of `folder`. */
export async function withFileLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, `${name}.lock`)
  for (let wait = 1; !(await tryToTake(path)); wait = Math.min(wait * 2, LONGEST_WAIT_MS))
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())))
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}
