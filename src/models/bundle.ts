import { crc32 } from 'node:zlib'
import { AnomstackError, locate } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Storage } from '../storages/storage.ts'
import type { ModelSpec } from './model-spec.ts'
import { aligned } from './packed.ts'

/**
 * All models of a batch, one version, one object:
 *
 *     "ANOMBNDL" · length of the header · CRC-32 of the header · header (JSON, UTF-8) · zeros to a multiple of 8 · models
 *
 * Each model begins at a multiple of 8 and has its own checksum, so that one can be read without the others. Numbers are
 * little-endian and 32 bits wide; offsets in the header count from the end of its padding.
 */
const MAGIC = Buffer.from('ANOMBNDL', 'latin1')
const FORMAT = 1
const PREFIX = 16
/** Read at once in the hope that the header ends within it. */
const FIRST_READ = 65_536
/** Models so near to each other are read together, up to so many bytes at a time. */
const WORTHWHILE_GAP = 16_384
const LARGEST_READ = 8 * 1024 * 1024

export interface BundleEntry {
  readonly metric: string
  /** First and last training timestamp, epoch ms. */
  readonly from: number
  readonly to: number
  /** Training points. */
  readonly count: number
  /** What was left out in training, in plain sentences. */
  readonly problems: readonly string[]
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
    metrics: placed.map(({ model: { metric, from, to, count, problems, bytes }, offset }) => ({
      metric,
      from,
      to,
      count,
      problems,
      offset,
      length: bytes.length,
      checksum: crc32(bytes),
    })),
  }
  const headerBytes = Buffer.from(JSON.stringify(header), 'utf8')
  const beginning = new Uint8Array(aligned(PREFIX + headerBytes.length))
  const view = new DataView(beginning.buffer)
  beginning.set(MAGIC)
  view.setUint32(8, headerBytes.length, true)
  view.setUint32(12, crc32(headerBytes), true)
  beginning.set(headerBytes, PREFIX)
  return [beginning, ...models.flatMap(({ bytes }) => [bytes, paddingAfter(bytes)])].filter(
    ({ length }) => length > 0,
  )
}

const paddingAfter = ({ length }: Uint8Array) => new Uint8Array(aligned(length) - length)

const damaged = (key: string, problem: string) =>
  new AnomstackError(
    'MODEL_INVALID',
    `the model bundle ${problem}; train again, or roll back to an older version`,
    { at: { file: key } },
  )

async function readHeader(
  storage: Storage,
  key: string,
): Promise<{ header: Uint8Array; etag: string } | undefined> {
  const first = await storage.get(key, { start: 0, end: FIRST_READ })
  if (!first) return undefined
  const { bytes, etag } = first
  if (bytes.length < PREFIX) throw damaged(key, 'is cut off')
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) throw damaged(key, 'is not one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = PREFIX + view.getUint32(8, true)
  const whole = end <= bytes.length ? bytes : (await storage.get(key, { start: 0, end }))?.bytes
  const header = whole?.subarray(PREFIX, end)
  if (header?.length !== end - PREFIX) throw damaged(key, 'is cut off')
  if (crc32(header) !== view.getUint32(12, true))
    throw damaged(key, 'has a damaged header (its checksum differs)')
  return { header, etag }
}

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

/** Reads the header of a bundle; undefined when there is no such object. Throws `MODEL_INVALID` when it is damaged or of a newer format. */
export async function openBundle(storage: Storage, key: string): Promise<Bundle | undefined> {
  const found = await readHeader(storage, key)
  if (!found) return undefined
  let header: Header
  try {
    header = JSON.parse(Buffer.from(found.header).toString('utf8')) as Header
  } catch (error) {
    throw locate(error, { file: key }, 'MODEL_INVALID')
  }
  if (header.format !== FORMAT)
    throw damaged(key, `has the format ${String(header.format)}, which this version cannot read`)
  const positions = new Map(header.metrics.map((each) => [each.metric, each]))
  const bodyAt = aligned(PREFIX + found.header.length)

  async function read(metrics: Iterable<string>): Promise<ReadonlyMap<string, Uint8Array | AnomstackError>> {
    const wanted = [...new Set(metrics)].flatMap((metric) => positions.get(metric) ?? [])
    const models = new Map<string, Uint8Array | AnomstackError>()
    for (const group of coalesce(wanted)) {
      const start = group[0]!.offset
      const last = group.at(-1)!
      const range = { start: bodyAt + start, end: bodyAt + last.offset + last.length }
      const object = await storage.get(key, range)
      if (object?.etag !== found!.etag)
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
  const entries = new Map(
    header.metrics.map(({ metric, from, to, count, problems }) => [
      metric,
      { metric, from, to, count, problems },
    ]),
  )
  return { batch, created, libraryVersion, spec, entries, headerSize: found.header.length, read }
}
