import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Looks whether the files of a project's folder have changed. */
export interface ProjectWatcher {
  /** Whether any was added, changed or removed since the last look that said so. It waits until whoever writes has paused. */
  look(signal: AbortSignal): Promise<boolean>
  /** Calls `notify` soon after something happened in the folder, where the system tells; `look` does not depend on it. Returns how to stop that. */
  listen(notify: () => void): () => void
}

export interface WatchOptions {
  readonly dir: string
  /** Folder of the program's own files, which are not looked at. */
  readonly dataDir: string
}

const ENDINGS = new Set([
  '.yaml',
  '.yml',
  '.sql',
  '.ts',
  '.mts',
  '.js',
  '.mjs',
  '.py',
  '.env',
  '.ics',
  '.j2',
  '.jinja',
])
/** Real ms: nothing may change for so long before a change is taken for complete, ... */
const QUIET = 150
/** ... but it is not waited for more often than this. */
const MOST_WAITS = 40
/** A file that was written so recently, in ms, may be written again without its times showing it. */
const RACY = 2_000
/** Folders that the system is asked to tell of; the others are looked at all the same. */
const MOST_LISTENED = 500
const AT_ONCE = 32

interface Seen {
  /** Size, times and number of the file. */
  readonly stamp: string
  readonly hash: string
  readonly racy: boolean
}
type Snapshot = ReadonlyMap<string, Seen>

/** Opens nothing by itself. */
export function watchProject({ dir, dataDir }: WatchOptions): ProjectWatcher {
  let known: Snapshot | undefined
  let folders: readonly string[] = []
  const listeners = new Map<string, FSWatcher>()
  let notify: (() => void) | undefined

  async function take(before: Snapshot): Promise<Snapshot> {
    const found = await findFiles(dir, dataDir)
    const files = [...found.files]
    const snapshot = new Map<string, Seen>()
    const lane = async (): Promise<void> => {
      for (let file = files.pop(); file !== undefined; file = files.pop()) {
        const seen = await lookAt(file, before.get(file))
        if (seen !== undefined) snapshot.set(file, seen)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
    folders = found.folders.slice(0, MOST_LISTENED)
    listenToFolders()
    return snapshot
  }

  function listenToFolders(): void {
    if (notify === undefined) return
    const wanted = new Set(folders)
    for (const [folder, listener] of listeners)
      if (!wanted.has(folder)) {
        listener.close()
        listeners.delete(folder)
      }
    for (const folder of wanted) {
      if (listeners.has(folder)) continue
      try {
        const listener = watch(folder, { persistent: false }, (_, name) => {
          if (name === null || isLookedAt(name) || extname(name) === '') notify?.()
        })
        // Folders that vanish and limits of the system: what is not told is seen by the next look.
        listener.on('error', () => {
          listener.close()
          listeners.delete(folder)
        })
        listeners.set(folder, listener)
      } catch {
        return
      }
    }
  }

  return {
    async look(signal) {
      let snapshot = await take(known ?? new Map())
      if (known === undefined) {
        known = snapshot
        return false
      }
      if (isSame(known, snapshot)) {
        known = snapshot
        return false
      }
      for (let waits = 0; waits < MOST_WAITS; waits++) {
        await delay(QUIET, undefined, { signal })
        const later = await take(snapshot)
        const quiet = isSame(snapshot, later)
        snapshot = later
        if (quiet) break
      }
      const changed = !isSame(known, snapshot)
      known = snapshot
      return changed
    },

    listen(listener) {
      notify = listener
      folders = [dir, ...folders]
      listenToFolders()
      return () => {
        notify = undefined
        for (const open of listeners.values()) open.close()
        listeners.clear()
      }
    },
  }
}

async function findFiles(
  dir: string,
  dataDir: string,
): Promise<{ readonly files: readonly string[]; readonly folders: readonly string[] }> {
  const files: string[] = []
  const folders: string[] = []
  async function visit(folder: string): Promise<void> {
    if (folder === dataDir) return
    let entries: Awaited<ReturnType<typeof entriesOf>>
    try {
      entries = await entriesOf(folder)
    } catch (error) {
      // A folder may vanish while it is looked at; the project's own may not.
      if (folder === dir) throw error
      return
    }
    folders.push(folder)
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.') && entry.name !== 'node_modules') await visit(path)
      } else if (isLookedAt(entry.name)) files.push(path)
    }
  }
  await visit(dir)
  return { files, folders }
}

function isLookedAt(name: string): boolean {
  return name === '.env' || (!name.startsWith('.') && ENDINGS.has(extname(name)))
}

const entriesOf = (folder: string) => readdir(folder, { withFileTypes: true })

async function lookAt(file: string, before: Seen | undefined): Promise<Seen | undefined> {
  try {
    const { mtimeNs, ctimeNs, mtimeMs, size, ino } = await stat(file, { bigint: true })
    const stamp = `${mtimeNs} ${ctimeNs} ${size} ${ino}`
    const racy = Math.abs(Date.now() - Number(mtimeMs)) < RACY
    if (before?.stamp === stamp && !before.racy) return before
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('base64')
    return { stamp, hash, racy }
  } catch {
    // It vanished, or is a link to nothing or a folder, or may not be read.
    return undefined
  }
}

function isSame(one: Snapshot, other: Snapshot): boolean {
  if (one.size !== other.size) return false
  for (const [file, { hash }] of one) if (other.get(file)?.hash !== hash) return false
  return true
}
