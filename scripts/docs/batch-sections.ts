import { shortKeys, sourceKeys } from '../../src/config/batch-keys.ts'
import { batchSettings } from '../../src/config/batch-settings.ts'
import { type OptionRow, optionRows } from '../../src/core/option-rows.ts'
import { code, table } from './markdown.ts'

/** Title -> first key of the group; it goes on until the next group begins. */
const GROUPS = {
  Where: 'db',
  When: 'ingest_cron_schedule',
  Ingest: 'disable_ingest',
  'Train and score': 'disable_train',
  Alert: 'disable_alert',
  Thresholds: 'disable_tholdalert',
  Change: 'disable_change',
  'Language model, picture, summary': 'disable_llmalert',
  'Delete and show': 'disable_delete',
  'Texts of your own': 'train_sql',
} as const

/** Keys of the original that are checked, and that nothing reads in this version. */
const WITHOUT_EFFECT = /^(disable_)?(llmalert|plot)(_|$)|^(change_smooth_n|gcp_project_id)$/

function rowCells({ name, type, default: fallback, required, description }: OptionRow): readonly string[] {
  const shown = required ? '**required**' : fallback.includes('{% include') ? 'built in' : fallback
  return [
    code(name),
    type,
    shown,
    WITHOUT_EFFECT.test(name) ? `${description} *No effect yet.*` : description,
  ]
}

const keyTable = (rows: readonly OptionRow[]) =>
  table(['key', 'type', 'default', 'meaning'], rows.map(rowCells))

/** A table for each group of keys. */
export function batchSettingsSection(): string {
  const rows = optionRows(batchSettings, code)
  const starts = Object.entries(GROUPS).map(([title, key]) => {
    const at = rows.findIndex(({ name }) => name === key)
    if (at < 0) throw new Error(`there is no key "${key}" to begin the group "${title}" with`)
    return { title, at }
  })
  if (starts[0]?.at !== 0 || starts.some(({ at }, index) => at <= (starts[index - 1]?.at ?? -1)))
    throw new Error('the groups of keys are not in the order of the keys')
  return starts
    .map(({ title, at }, index) => `### ${title}\n\n${keyTable(rows.slice(at, starts[index + 1]?.at))}`)
    .join('\n\n')
}

/** What a batch is called and where its rows come from. */
export function batchSourcesSection(): string {
  return keyTable(optionRows(sourceKeys, code))
}

export function shortFormSection(): string {
  return table(
    ['key', 'type', 'meaning'],
    optionRows(shortKeys, code).map(({ name, type, description }) => [code(name), type, description]),
  )
}
