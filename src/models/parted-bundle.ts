import { AnomstackError, locate } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { BundleContent, BundleEntry } from './bundle.ts'
import { type BundleFile, damaged, encodeHeader } from './bundle-file.ts'
import type { OpenedBundle } from './opened-bundle.ts'
import { shardOf } from './shard.ts'

/**
 * A bundle whose models lie in other objects: its header names them, one for each part of the batch's metrics, and nothing follows it. To which part a
 * metric belongs is known by its name, so that one metric is read without the other parts, and nobody ever holds the list of all metrics.
 */
const FORMAT = 2

interface Part {
  /** Below the folder of the batch. */
  readonly key: string
  /** How many have a model in it. */
  readonly metrics: number
}

/** What such a bundle is made of; a part that is null has no models. */
export interface PartedContent extends Omit<BundleContent, 'models'> {
  readonly parts: readonly (Part | null)[]
}

export function encodeParted({ spec, parts, batch, created, libraryVersion }: PartedContent): Uint8Array {
  return encodeHeader({
    format: FORMAT,
    batch,
    created,
    libraryVersion,
    spec: spec as unknown as Json,
    parts: parts.map((part) => part && { key: part.key, metrics: part.metrics }),
  })
}

export const isParted = ({ header }: BundleFile): boolean => header.format === FORMAT

/** The bundle whose header has been read; a part that is gone or damaged is an error for each of its metrics. */
export function partedBundle(
  file: BundleFile,
  openPart: (key: string) => Promise<OpenedBundle | undefined>,
): OpenedBundle {
  const { batch, created, libraryVersion, spec, parts } = file.header as unknown as PartedContent

  async function open(key: string): Promise<OpenedBundle> {
    const part = await openPart(key)
    if (part === undefined) throw damaged(file.key, `names the part ${key}, which is not there`)
    return part
  }

  function shardsOf(metrics: Iterable<string>): ReadonlyMap<number, string[]> {
    const byShard = new Map<number, string[]>()
    for (const metric of new Set(metrics)) {
      const shard = shardOf(metric, parts.length)
      const names = byShard.get(shard)
      if (names === undefined) byShard.set(shard, [metric])
      else names.push(metric)
    }
    return byShard
  }

  async function readPart(part: Part, metrics: readonly string[]) {
    try {
      return await (await open(part.key)).read(metrics)
    } catch (error) {
      if (!(error instanceof AnomstackError && error.code === 'MODEL_INVALID')) throw error
      return new Map(metrics.map((metric) => [metric, locate(error, { metric }, 'MODEL_INVALID')]))
    }
  }

  return {
    batch,
    created,
    libraryVersion,
    spec,
    metrics: parts.reduce((sum, part) => sum + (part?.metrics ?? 0), 0),
    parts: parts.length,
    headerSize: file.headerSize,
    async entries(metrics) {
      const byShard = metrics && shardsOf(metrics)
      const entries = new Map<string, BundleEntry>()
      for (const [index, part] of parts.entries()) {
        const names = byShard?.get(index + 1)
        if (part === null || (byShard !== undefined && names === undefined)) continue
        for (const [metric, entry] of await (await open(part.key)).entries(names)) entries.set(metric, entry)
      }
      return entries
    },
    async read(metrics) {
      const models = new Map<string, Uint8Array | AnomstackError>()
      for (const [shard, names] of shardsOf(metrics)) {
        const part = parts[shard - 1] ?? null
        if (part === null) continue
        for (const [metric, model] of await readPart(part, names)) models.set(metric, model)
      }
      return models
    },
  }
}
