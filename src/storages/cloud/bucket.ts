import type { ByteRange, PutCondition } from '../storage.ts'

/**
 * What a cloud's SDK does for a storage. Methods throw whatever the SDK throws; `explain` says what that means.
 */
export interface Bucket {
  /** One atomic put; `putId` is kept with the object, and `head` gives it back. */
  put(
    name: string,
    parts: readonly Uint8Array[],
    options: { readonly condition: PutCondition | undefined; readonly putId: string },
  ): Promise<{ readonly etag: string }>
  /** The range is not empty, but may begin behind the end of the object. */
  get(
    name: string,
    range: ByteRange | undefined,
  ): Promise<{ readonly bytes: Uint8Array; readonly etag: string }>
  head(name: string): Promise<Omit<ListedObject, 'name'> & { readonly putId: string | undefined }>
  list(prefix: string): AsyncIterable<ListedObject>
  delete(name: string): Promise<void>
  explain(error: unknown): Explanation
}

export interface ListedObject {
  readonly name: string
  readonly size: number
  readonly etag: string
  /** UTC epoch ms. */
  readonly modified: number
}

/** `absent`: there is no such object; maybe there is no bucket either. */
export type Outcome = 'absent' | 'conflict' | 'behind-the-end'

/** What an HTTP status means, on every cloud. */
export const OUTCOMES: Readonly<Record<number, Outcome>> = {
  404: 'absent',
  412: 'conflict',
  416: 'behind-the-end',
}

export type Explanation =
  | { readonly kind: Outcome }
  | {
      readonly kind: 'failed'
      readonly reason: string
      readonly retryable: boolean
      /** The SDK gives up at once where it should wait and try again. */
      readonly impatient?: true
    }
