import { batchSettings } from './batch-settings.ts'

/** Settings whose text may stand in place of something built in. */
export const TEMPLATE_KEYS = [
  'train_sql',
  'score_sql',
  'alert_sql',
  'change_sql',
  'plot_sql',
  'llmalert_sql',
  'dashboard_sql',
  'delete_sql',
  'summary_sql',
  'preprocess_fn',
] as const

export type TemplateKey = (typeof TEMPLATE_KEYS)[number]

function normalized(text: string): string {
  return text.replace(/\s+/g, '').replaceAll("'", '"').replaceAll('"./', '"')
}

/** Whether a text of a setting such as `train_sql` is the stock include, so that the built-in is meant: the original's `defaults.yaml` spells the includes out.
 * Spaces, the kind of quotes and a leading `./` make no difference. */
export function isStockTemplate(key: TemplateKey, text: string): boolean {
  return normalized(text) === normalized(batchSettings.shape[key].parse(undefined))
}
