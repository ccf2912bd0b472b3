import type { z } from 'zod'
import type { PluginDefinition } from '../core/plugin.ts'

/**
 * Objects under keys (`a/b/c`, any characters in a segment, no empty, `.` or `..` segment). A put is atomic and durable: a reader sees the
 * old object or the new one, whole, also after a crash. Errors: `STORAGE_FAILED`, and `STORAGE_CONFLICT` when a condition does not hold.
 */
export interface Storage {
  /** `bytes` may come in parts that follow each other; they are not changed, and not to be changed until it resolves. */
  put(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    condition?: PutCondition,
  ): Promise<{ readonly etag: string }>
  /** The object, or a part of it; undefined when there is none. */
  get(key: string, range?: ByteRange): Promise<StoredObject | undefined>
  head(key: string): Promise<ObjectInfo | undefined>
  /** Every object whose key starts with the prefix, in code-unit order of keys. */
  list(prefix: string): AsyncIterable<ObjectInfo>
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>
}

/** `ifAbsent`: only when there is no such object. `ifMatch`: only when the object still has this etag. */
export type PutCondition = { readonly ifAbsent: true } | { readonly ifMatch: string }

/** Bytes `start` to `end`, the end excluded. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface ObjectInfo {
  readonly key: string
  readonly size: number
  readonly etag: string
  /** UTC epoch milliseconds. */
  readonly modified: number
}

export interface StoredObject {
  readonly bytes: Uint8Array
  readonly etag: string
}

export interface StorageDefinition<Options extends z.ZodObject = z.ZodObject>
  extends PluginDefinition<Options> {
  /** An example of what follows `name://` in a model path. */
  readonly exampleLocation: string
  /** `location` is what follows `name://` in a model path; relative ones are resolved from `projectDir`. */
  create(location: string, options: z.output<Options>, environment: { readonly projectDir: string }): Storage
}
