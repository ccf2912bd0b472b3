import { AnomstackError, locate } from '../core/errors.ts'
import type { Storage } from '../storages/storage.ts'
import { pointerKey } from './model-keys.ts'

/** Which version of a batch's models is in use. */
export interface Pointer {
  readonly format: 1
  readonly version: string
  /** Bundles created before this moment do not come into use any more, epoch ms. */
  readonly since: number
  /** When a training last found nothing to change of it, epoch ms. */
  readonly confirmed?: number
}

/** The pointers of all batches of a storage. */
export interface ModelPointers {
  /** Without a pointer there is none; with an etag alone it is damaged. */
  read(batch: string): Promise<{ readonly pointer?: Pointer; readonly etag?: string }>
  /** Reads and swaps the pointer until nobody came in between. `choose` returns undefined to leave it as it is. */
  swap(batch: string, choose: (present: Pointer | undefined) => Pointer | undefined): Promise<void>
}

const ATTEMPTS = 50

export function createModelPointers(storage: Storage): ModelPointers {
  async function read(batch: string): Promise<{ pointer?: Pointer; etag?: string }> {
    const object = await storage.get(pointerKey(batch))
    if (!object) return {}
    try {
      const pointer = JSON.parse(Buffer.from(object.bytes).toString('utf8')) as Pointer
      if (typeof pointer.version === 'string' && Number.isFinite(pointer.since))
        return { pointer, etag: object.etag }
    } catch {
      // Not JSON: the same as a pointer that says nothing.
    }
    return { etag: object.etag }
  }

  return {
    read,
    async swap(batch, choose) {
      for (let attempt = 1; ; attempt++) {
        const { pointer, etag } = await read(batch)
        const chosen = choose(pointer)
        if (!chosen) return
        try {
          const condition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag }
          await storage.put(pointerKey(batch), Buffer.from(JSON.stringify(chosen)), condition)
          return
        } catch (error) {
          const conflict = error instanceof AnomstackError && error.code === 'STORAGE_CONFLICT'
          if (!conflict || attempt === ATTEMPTS) throw locate(error, { batch }, 'STORAGE_FAILED')
        }
      }
    },
  }
}
