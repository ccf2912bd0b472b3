import { createHash } from 'node:crypto'
import type { Batch } from '../config/project.ts'
import { isStockTemplate, type TemplateKey } from '../config/stock-templates.ts'
import type { Templates } from '../templates/templates.ts'
import { modelSpecOf } from './model-spec-of.ts'

/** Stands for everything of a batch that decides what its models are fitted to, and how: it differs when they have to be fitted anew. What decides only when
 * that is done, or how scores are shown, is not part of it. */
export function fitFingerprint(batch: Batch, templates: Templates): string {
  const { settings } = batch
  const { scoreRounding: _, ...spec } = modelSpecOf(settings)
  const own = (key: Extract<TemplateKey, 'train_sql' | 'preprocess_fn'>): string | null =>
    isStockTemplate(key, settings[key]) ? null : rendered(settings[key], batch, templates)
  const parts = {
    spec,
    preprocess: settings.preprocess_params,
    preprocessFn: own('preprocess_fn'),
    sql: own('train_sql'),
    maxPoints: settings.train_max_n,
    days: settings.train_metric_timestamp_max_days_ago,
    excluded: settings.train_exclude_metrics,
    db: settings.db,
    table: settings.table_key,
    models: settings.model_path,
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** With its includes; as it stands when it cannot be rendered, which the run will complain of. */
function rendered(text: string, batch: Batch, templates: Templates): string {
  try {
    return templates.render(text, batch.variables, { batch: batch.name, file: batch.file })
  } catch {
    return text
  }
}
