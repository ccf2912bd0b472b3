import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { AnomstackError, messageOf } from '../core/errors.ts'
import { defineStorage } from './define-storage.ts'
import { gathered } from './gathered.ts'
import { hasEnded, withFileLock } from './local/file-lock.ts'
import { decodeName, pathOfKey } from './local/key-path.ts'
import type { ByteRange, ObjectInfo, PutCondition, Storage } from './storage.ts'

/** Beside the objects, for files that are being written and for locks; no key is stored under a name that begins with a dot. */
const WORK_FOLDER = '.tmp'
/** What a dead process of this machine left is removed after the first, what anyone left after the second. */
const LEFTOVER_OF_DEAD_MS = 60_000
const LEFTOVER_MS = 3_600_000

/** Written at a time, of what comes in parts: each costs a system call. */
const WRITE_BYTES = 1024 * 1024

type Body = Parameters<Storage['put']>[1]
type Stats = { readonly ino: bigint; readonly size: bigint; readonly mtimeNs: bigint }

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code
const isMissing = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'

/** Inode, size and a modification time that `writeTemporary` sets to the microsecond: a file is never changed in place. */
const etagOf = ({ ino, size, mtimeNs }: Stats) =>
  `${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}`

function failed(doing: string, root: string, error: unknown): AnomstackError {
  if (error instanceof AnomstackError) return error
  const advice: Record<string, string> = {
    ENOSPC: 'the disk is full; free some space',
    EDQUOT: 'the disk quota is used up; free some space',
    EFBIG: 'the file would be larger than the limit of this process allows',
    EROFS: 'the file system is read-only; choose another model_path',
    EACCES: 'permission denied; make the folder writable for this user or choose another model_path',
    EPERM: 'permission denied; make the folder writable for this user or choose another model_path',
    ENAMETOOLONG: 'the key is too long for this file system',
  }
  const reason = advice[codeOf(error) ?? ''] ?? messageOf(error)
  return new AnomstackError('STORAGE_FAILED', `cannot ${doing} in the folder ${root}: ${reason}`, {
    cause: error,
  })
}

/** Makes a rename in the folder durable; systems that cannot open a folder do so by themselves. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error
  } finally {
    await handle?.close()
  }
}

async function removeLeftovers(workFolder: string): Promise<void> {
  for (const name of await readdir(workFolder)) {
    const [host, pid] = name.split('-')
    const path = join(workFolder, name)
    try {
      const age = Date.now() - (await stat(path)).mtimeMs
      const dead = host === hostTag && hasEnded(JSON.stringify({ host: hostname(), pid: Number(pid) }))
      if (age > LEFTOVER_MS || (dead && age > LEFTOVER_OF_DEAD_MS)) await rm(path, { force: true })
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
}

const hostTag = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

function createLocalStorage(root: string): Storage {
  const workFolder = join(root, WORK_FOLDER)
  let prepared: Promise<void> | undefined

  const prepare = async () => {
    await mkdir(workFolder, { recursive: true })
    await removeLeftovers(workFolder)
  }

  const pathOf = (key: string) => {
    const path = pathOfKey(key)
    if (!path)
      throw new AnomstackError(
        'STORAGE_FAILED',
        `"${key}" is not a key: no part of it may be empty, "." or ".."`,
        {
          retryable: false,
        },
      )
    return join(root, ...path)
  }

  async function writeTemporary(bytes: Body): Promise<{ path: string; etag: string }> {
    const path = join(workFolder, `${hostTag}-${process.pid}-${randomBytes(8).toString('hex')}`)
    const handle = await open(path, 'wx')
    try {
      for (const part of bytes instanceof Uint8Array ? [bytes] : gathered(bytes, WRITE_BYTES))
        await handle.writeFile(part)
      // The kernel's own stamp is some milliseconds coarse: two versions of one size could share an etag.
      const now = (performance.timeOrigin + performance.now()) / 1000
      await handle.utimes(now, now)
      await handle.sync()
      return { path, etag: etagOf(await handle.stat({ bigint: true })) }
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      await handle.close()
    }
  }

  const etagAt = async (path: string) => {
    try {
      return etagOf(await stat(path, { bigint: true }))
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async function place(temporary: string, key: string, condition: PutCondition | undefined): Promise<void> {
    const target = pathOf(key)
    const conflict = (problem: string) =>
      new AnomstackError('STORAGE_CONFLICT', `"${key}" in ${root}: ${problem}`)
    if (condition && 'ifAbsent' in condition) {
      try {
        return await link(temporary, target)
      } catch (error) {
        if (codeOf(error) === 'EEXIST') throw conflict('the object exists already')
        if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error
        // No hard links here: the lock, held by every writer, has to do.
        if ((await etagAt(target)) !== undefined) throw conflict('the object exists already')
      }
    }
    if (condition && 'ifMatch' in condition && (await etagAt(target)) !== condition.ifMatch)
      throw conflict('the object was changed or deleted since it was read')
    await rename(temporary, target)
  }

  const lockName = (key: string) => createHash('sha256').update(key, 'utf8').digest('hex').slice(0, 32)

  async function put(key: string, bytes: Body, condition?: PutCondition): Promise<{ etag: string }> {
    const target = pathOf(key)
    prepared ??= prepare()
    await prepared.catch((error: unknown) => {
      prepared = undefined
      throw error
    })
    const { path, etag } = await writeTemporary(bytes)
    try {
      await mkdir(dirname(target), { recursive: true })
      await withFileLock(workFolder, lockName(key), () => place(path, key, condition))
      await syncFolder(dirname(target))
      return { etag }
    } finally {
      await rm(path, { force: true })
    }
  }

  async function get(key: string, range?: ByteRange) {
    const path = pathOf(key)
    let handle: FileHandle
    try {
      handle = await open(path, 'r')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
    try {
      const stats = await handle.stat({ bigint: true })
      const size = Number(stats.size)
      const start = Math.min(range?.start ?? 0, size)
      const bytes = new Uint8Array(Math.max(0, Math.min(range?.end ?? size, size) - start))
      let filled = 0
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
        if (bytesRead === 0) throw new Error(`the file ${path} was cut off while it was read`)
        filled += bytesRead
      }
      return { bytes, etag: etagOf(stats) }
    } finally {
      await handle.close()
    }
  }

  async function head(key: string): Promise<ObjectInfo | undefined> {
    try {
      const stats = await stat(pathOf(key), { bigint: true })
      if (!stats.isFile()) return undefined
      return {
        key,
        size: Number(stats.size),
        etag: etagOf(stats),
        modified: Number(stats.mtimeNs / 1_000_000n),
      }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  /** Files and folders in key order, the parts of long names joined again. */
  async function entriesOf(folder: string, beginning: string) {
    const found: { key: string; path: string; isFolder: boolean }[] = []
    const names = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return []
      throw error
    })
    for (const name of names) {
      if (name.name.startsWith('.') || !(name.isDirectory() || name.isFile())) continue
      const isFolder = name.isDirectory()
      const { text, continued } = decodeName(name.name, isFolder ? 'folder' : 'file')
      const path = join(folder, name.name)
      if (continued) found.push(...(await entriesOf(path, beginning + text)))
      else found.push({ key: isFolder ? `${beginning + text}/` : beginning + text, path, isFolder })
    }
    return found
  }

  async function* walk(folder: string, beginning: string, prefix: string): AsyncGenerator<ObjectInfo> {
    const entries = await entriesOf(folder, beginning)
    entries.sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const { key, path, isFolder } of entries) {
      if (isFolder) {
        if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(path, key, prefix)
      } else if (key.startsWith(prefix) && join(root, ...(pathOfKey(key) ?? [])) === path) {
        const info = await head(key)
        if (info) yield info
      }
    }
  }

  const guarded =
    <Arguments extends unknown[], Result>(
      doing: string,
      work: (...parameters: Arguments) => Promise<Result>,
    ) =>
    async (...parameters: Arguments): Promise<Result> => {
      try {
        return await work(...parameters)
      } catch (error) {
        throw failed(`${doing} "${String(parameters[0])}"`, root, error)
      }
    }

  return {
    put: guarded('write', put),
    get: guarded('read', get),
    head: guarded('read', head),
    async *list(prefix) {
      try {
        yield* walk(root, '', prefix)
      } catch (error) {
        throw failed(`list "${prefix}"`, root, error)
      }
    },
    delete: guarded('delete', async (key: string) => {
      const path = pathOf(key)
      if ((await etagAt(path)) === undefined) return
      await mkdir(workFolder, { recursive: true })
      await withFileLock(workFolder, lockName(key), () => rm(path, { force: true }))
      await syncFolder(dirname(path))
    }),
  }
}

/** Objects as files of a folder: written aside, synced, then renamed or linked into place. */
export const local = defineStorage({
  name: 'local',
  summary: 'Keeps model bundles as files in a folder of this machine.',
  options: z.strictObject({}),
  example: {},
  exampleLocation: './models',
  create: (location, _options, { projectDir }) => createLocalStorage(resolve(projectDir, location || '.')),
})
