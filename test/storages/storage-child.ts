import { once } from 'node:events'
import { AnomstackError } from '../../src/core/errors.ts'
import { openStorage } from '../../src/storages/index.ts'

/** Run by the storage tests in processes of their own: `storage-child.ts MODE MODEL_PATH PROJECT_DIR [ID [OPTIONS]]`. */
const [mode = '', modelPath = '', projectDir = '', id = '', options = '{}'] = process.argv.slice(2)
const storage = openStorage(modelPath, { projectDir }, JSON.parse(options) as Record<string, unknown>)

const outcome = async (work: Promise<unknown>) =>
  work.then(
    () => 'won',
    (error: unknown) => (error instanceof AnomstackError ? error.code : String(error)),
  )

const modes: Record<string, () => Promise<void>> = {
  /** Writes whole versions of one object, each of one byte value, for ever. */
  async overwrite() {
    for (let version = 1; ; version++) {
      await storage.put('batch/object', new Uint8Array(300_000).fill(version % 256))
      process.stdout.write(`${version}\n`)
    }
  },
  /** Tries to be the first to create each of 20 objects, in step with the other processes as nearly as can be. */
  async create() {
    await storage.head('race')
    process.stdout.write('ready\n')
    await once(process.stdin, 'data')
    for (let i = 0; i < 20; i++)
      process.stdout.write(
        `${i} ${await outcome(storage.put(`race/${i}`, Buffer.from(id), { ifAbsent: true }))}\n`,
      )
  },
  /** Adds 1 to a counter 25 times by optimistic locking. */
  async count() {
    for (let done = 0; done < 25; ) {
      const seen = await storage.get('counter')
      const next = Number(Buffer.from(seen!.bytes).toString()) + 1
      const result = await outcome(storage.put('counter', Buffer.from(String(next)), { ifMatch: seen!.etag }))
      if (result === 'won') done++
      else if (result !== 'STORAGE_CONFLICT') throw new Error(result)
    }
  },
  /** Writes more than the limit on file sizes allows. */
  async large() {
    process.stdout.write(`${await outcome(storage.put('large', new Uint8Array(4_000_000)))}\n`)
  },
}

await modes[mode]!()
