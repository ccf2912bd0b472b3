import type { AnomstackError } from '../core/errors.ts'
import type { BundleContent, BundleEntry } from './bundle.ts'

/** The models of a batch, in one object or in parts. */
export interface OpenedBundle extends Omit<BundleContent, 'models'> {
  /** How many have a model. */
  readonly metrics: number
  /** How many objects the models lie in, each metric's in that of `shardOf`. */
  readonly parts: number
  /** Bytes of what has been read of it so far. */
  readonly headerSize: number
  /** What is known of the models of these metrics, by metric name; of all, however many there are, when not given. */
  entries(metrics?: readonly string[]): Promise<ReadonlyMap<string, BundleEntry>>
  /** The models of these metrics, read in few ranges; a metric that has none is left out, one that is damaged is an error in its place. */
  read(metrics: Iterable<string>): Promise<ReadonlyMap<string, Uint8Array | AnomstackError>>
}
