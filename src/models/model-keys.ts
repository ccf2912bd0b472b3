import { createHash } from 'node:crypto'
import type { Shard } from './shard.ts'

/** Where the models of batches lie in a storage. */

/** A name as one segment of a key. */
function segmentOf(name: string): string {
  if (name === '') return '%'
  const escaped = name.replaceAll('%', '%25').replaceAll('/', '%2F')
  return /^\.{1,2}$/.test(escaped) ? escaped.replaceAll('.', '%2E') : escaped
}

export const batchFolder = (batch: string): string => `${segmentOf(batch)}/`
export const pointerKey = (batch: string): string => `${batchFolder(batch)}latest.json`
export const versionsFolder = (batch: string): string => `${batchFolder(batch)}versions/`
export const versionKey = (batch: string, version: string): string =>
  `${versionsFolder(batch)}${version}.bundle`
export const partsFolder = (batch: string): string => `${batchFolder(batch)}parts/`

/** The run, or whatever else has the parts written, that a part belongs to. */
export interface PartOf extends Shard {
  readonly group: string
}

/** Below the folder of the batch. */
export const partKey = ({ group, shard, of }: PartOf): string =>
  `parts/${segmentOf(group)}/${shard}-${of}.bundle`

export const learnedFolder = (batch: string): string => `${batchFolder(batch)}learned/`
export const learnedKey = (batch: string, version: string, { shard, of }: Shard): string =>
  `${learnedFolder(batch)}${version}/${shard}-${of}.bundle`

/** The version that an object under `learnedFolder` belongs to. */
export function versionOfLearned(batch: string, key: string): string {
  return key.slice(learnedFolder(batch).length).split('/', 1)[0]!
}

/** Names sort by creation; the hash makes publishing the same bytes again the same version. One in parts has their group at its end. */
export function nameVersion(created: number, parts: readonly Uint8Array[], group?: string): string {
  const time = new Date(created).toISOString().replaceAll(/[-:.]/g, '').toLowerCase()
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `${time}-${hash.digest('hex').slice(0, 8)}${group === undefined ? '' : `-${segmentOf(group)}`}`
}

/** Epoch ms; NaN for what is no name of a version. */
export function createdOf(version: string): number {
  const [, year, month, day, hour, minute, second, ms] =
    /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)(\d{3})z-/.exec(version) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
}

/** The group of the parts that a version is made of, as a segment of a key; undefined for one in a single object. */
export function groupOf(version: string): string | undefined {
  return /^[^-]*-[^-]*-(.+)$/s.exec(version)?.[1]
}

/** The group that an object under `partsFolder` belongs to, as a segment of a key. */
export function groupOfPart(batch: string, key: string): string {
  return key.slice(partsFolder(batch).length).split('/', 1)[0]!
}
