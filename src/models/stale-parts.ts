import type { Storage } from '../storages/storage.ts'
import { groupOfPart, partsFolder } from './model-keys.ts'

export interface Groups {
  /** Those that a version is made of. */
  readonly named: ReadonlySet<string>
  /** Those of versions that are not kept any more. */
  readonly dropped: ReadonlySet<string>
  /** A moment that has passed, by the storage's clock, epoch ms. */
  readonly present: number
}

/** Parts that no version names belong to a training that is under way, or that was given up when they are as old as this. */
const GIVEN_UP_MS = 2 * 86_400_000

/** Deletes the parts of versions that are gone, and those of trainings that came to nothing. */
export async function deleteParts(
  storage: Storage,
  batch: string,
  { named, dropped, present }: Groups,
): Promise<void> {
  const unnamed: { readonly key: string; readonly modified: number; readonly group: string }[] = []
  let now = present
  for await (const { key, modified } of storage.list(partsFolder(batch))) {
    const group = groupOfPart(batch, key)
    now = Math.max(now, modified)
    if (!named.has(group)) unnamed.push({ key, modified, group })
  }
  for (const { key, modified, group } of unnamed)
    if (dropped.has(group) || modified < now - GIVEN_UP_MS) await storage.delete(key)
}
