import type { Storage } from '../storages/storage.ts'
import { type Bundle, bundleIn } from './bundle.ts'
import { readBundleFile } from './bundle-file.ts'
import type { OpenedBundle } from './opened-bundle.ts'
import { isParted, partedBundle } from './parted-bundle.ts'

/** Reads the header of a bundle of either kind; undefined when there is no such object. `openPart` opens a part by its key below the folder of the
 * batch. Throws `MODEL_INVALID` when it is damaged or of a newer format. */
export async function openAnyBundle(
  storage: Storage,
  key: string,
  openPart: (key: string) => Promise<OpenedBundle | undefined>,
): Promise<OpenedBundle | undefined> {
  const file = await readBundleFile(storage, key)
  if (file === undefined) return undefined
  return isParted(file) ? partedBundle(file, openPart) : inOneObject(bundleIn(storage, file))
}

function inOneObject(bundle: Bundle): OpenedBundle {
  const { entries } = bundle
  return {
    ...bundle,
    metrics: entries.size,
    parts: 1,
    entries: (metrics) =>
      Promise.resolve(
        metrics === undefined
          ? entries
          : new Map(
              metrics.flatMap((metric) => (entries.has(metric) ? [[metric, entries.get(metric)!]] : [])),
            ),
      ),
  }
}
