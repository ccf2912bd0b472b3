import { type BatchSettings, batchSettings } from './batch-settings.ts'
import type { Layer } from './layers.ts'

/**
 * Settings with `ingest_db` set where `db` names what can only be read: the metrics table is then in the database that the weaker layers (the project's
 * defaults) name. `layers` go from the weakest to the strongest.
 */
export function withIngestDatabase(
  settings: BatchSettings,
  layers: readonly Layer[],
  readOnly: ReadonlySet<string>,
): BatchSettings {
  if (!readOnly.has(settings.db)) return settings
  const named = layers.map((layer) => layer.get('db')?.value)
  const writable = named.findLast((name) => typeof name === 'string' && !readOnly.has(name))
  const db = typeof writable === 'string' ? writable : batchSettings.shape.db.parse(undefined)
  return { ...settings, db, ingest_db: settings.ingest_db ?? settings.db }
}
