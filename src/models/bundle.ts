import { crc32 } from 'node:zlib'
import { AnomstackError, locate } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Storage } from '../storages/storage.ts'
import { type BundleFile, damaged, encodeHeader, readBundleFile, unknownFormat } from './bundle-file.ts'
import type { ModelSpec } from './model-spec.ts'
import { aligned } from './packed.ts'

/**
 * All models of a batch, or of a part of it, in one object: after the beginning that `bundle-file.ts` describes come the models. Each begins at a
 * multiple of 8 and has its own checksum, so that one can be read without the others. Offsets in the header count from the end of its padding.
 */
const FORMAT = 1
/** Models so near to each other are read together, up to so many bytes at a time. */
const WORTHWHILE_GAP = 16_384
const LARGEST_READ = 8 * 1024 * 1024

export interface BundleEntry {
  readonly metric: string
  /** First and last timestamp that it has learned from, epoch ms. */
  readonly from: number
  readonly to: number
  /** Points that it has learned from. */
  readonly count: number
  /** What was left out in training, in plain sentences. */
  readonly problems: readonly string[]
  /** How it was fitted, before it learned on. It was not there from the first, and not every model is told it. */
  readonly fit?: Fit
}

/** How a training came to a model. */
export interface Fit {
  /** When, epoch ms. */
  readonly at: number
  /** Stands for all that decided, beside the points, what it was fitted to. */
  readonly basis: string
  /** First timestamp of the history that there was, epoch ms; absent where there was more of it than is learned from. */
  readonly since?: number
  /** Last timestamp of the points that it was fitted to, epoch ms, and their number. */
  readonly to: number
  readonly count: number
}

/** What a bundle is made of. */
export interface BundleContent {
  readonly batch: string
  /** Epoch ms. */
  readonly created: number
  /** Of this program. */
  readonly libraryVersion: string
  readonly spec: ModelSpec
  readonly models: readonly (BundleEntry & { readonly bytes: Uint8Array })[]
}

interface Position {
  readonly offset: number
  readonly length: number
  readonly checksum: number
}

/** A bundle of which the header has been read. */
export interface Bundle extends Omit<BundleContent, 'models'> {
  /** By metric name. */
  readonly entries: ReadonlyMap<string, BundleEntry>
  /** Of the object that it is. */
  readonly etag: string
  /** Bytes of the header. */
  readonly headerSize: number
  /** The models of these metrics, read in few ranges; a metric that has none is left out, one that is damaged is an error in its place. */
  read(metrics: Iterable<string>): Promise<ReadonlyMap<string, Uint8Array | AnomstackError>>
}

/**
 * The bytes of a bundle, in parts that follow each other: the models are those given, not copies, for a large batch has hundreds of
 * megabytes of them. Metrics may have any name; the last of two models of one metric counts.
 */
export function encodeBundle(content: BundleContent): readonly Uint8Array[] {
  let length = 0
  const models = [...new Map(content.models.map((model) => [model.metric, model])).values()]
  const placed = models.map((model) => {
    const offset = length
    length = aligned(offset + model.bytes.length)
    return { model, offset }
  })
  const header = {
    format: FORMAT,
    batch: content.batch,
    created: content.created,
    libraryVersion: content.libraryVersion,
    spec: content.spec as unknown as Json,
    metrics: placed.map(({ model, offset }) => ({
      ...entryOf(model),
      offset,
      length: model.bytes.length,
      checksum: crc32(model.bytes),
    })) as unknown as Json,
  }
  const beginning = encodeHeader(header)
  return [beginning, ...models.flatMap(({ bytes }) => [bytes, paddingAfter(bytes)])].filter(
    ({ length }) => length > 0,
  )
}

function entryOf({ metric, from, to, count, problems, fit }: BundleEntry): BundleEntry {
  return { metric, from, to, count, problems, ...(fit === undefined ? {} : { fit }) }
}

const paddingAfter = ({ length }: Uint8Array) => new Uint8Array(aligned(length) - length)

type Header = Omit<BundleContent, 'models'> & {
  readonly format: number
  readonly metrics: readonly (BundleEntry & Position)[]
}

/** Groups of positions, ascending, each to be read as one range. */
function coalesce<Item extends Position>(positions: readonly Item[]): Item[][] {
  const groups: Item[][] = []
  for (const position of [...positions].sort((a, b) => a.offset - b.offset)) {
    const group = groups.at(-1)
    const previous = group?.at(-1)
    const near = previous && position.offset - (previous.offset + previous.length) <= WORTHWHILE_GAP
    if (group && near && position.offset + position.length - group[0]!.offset <= LARGEST_READ)
      group.push(position)
    else groups.push([position])
  }
  return groups
}

/** Reads the header of a bundle; undefined when there is no such object. Throws `MODEL_INVALID` when it is damaged or of another format. */
export async function openBundle(storage: Storage, key: string): Promise<Bundle | undefined> {
  const file = await readBundleFile(storage, key)
  return file && bundleIn(storage, file)
}

/** The bundle in an object whose header has been read. Throws `MODEL_INVALID` when it is of another format. */
export function bundleIn(storage: Storage, file: BundleFile): Bundle {
  const { key, etag, headerSize, bodyAt } = file
  if (file.header.format !== FORMAT) throw unknownFormat(file)
  const header = file.header as Header
  const positions = new Map(header.metrics.map((each) => [each.metric, each]))

  async function read(metrics: Iterable<string>): Promise<ReadonlyMap<string, Uint8Array | AnomstackError>> {
    const wanted = [...new Set(metrics)].flatMap((metric) => positions.get(metric) ?? [])
    const models = new Map<string, Uint8Array | AnomstackError>()
    for (const group of coalesce(wanted)) {
      const start = group[0]!.offset
      const last = group.at(-1)!
      const range = { start: bodyAt + start, end: bodyAt + last.offset + last.length }
      const object = await storage.get(key, range)
      if (object?.etag !== etag)
        throw new AnomstackError(
          'STORAGE_CONFLICT',
          'the model bundle was deleted or replaced while it was read; try again',
          { at: { file: key } },
        )
      for (const { metric, offset, length, checksum } of group) {
        const bytes = object.bytes.subarray(offset - start, offset - start + length)
        const intact = bytes.length === length && crc32(bytes) === checksum
        models.set(
          metric,
          intact ? bytes : locate(damaged(key, 'holds a damaged model'), { metric }, 'MODEL_INVALID'),
        )
      }
    }
    return models
  }

  const { batch, created, libraryVersion, spec } = header
  const entries = new Map(header.metrics.map((each) => [each.metric, entryOf(each)]))
  return { batch, created, libraryVersion, spec, entries, etag, headerSize, read }
}
