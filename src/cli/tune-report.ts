import { stringify } from 'yaml'
import type { EditOutcome } from '../config/edit-yaml.ts'
import type { Batch } from '../config/project.ts'
import type { AlertRates } from '../jobs/tuning/alert-rates.ts'
import { type BudgetUnit, perUnit } from '../jobs/tuning/budget-text.ts'
import { FOUND_ON, type Tuning, type Validated } from '../jobs/tuning/tune-alerts.ts'
import { columns } from './columns.ts'
import { type Paint, printable } from './paint.ts'
import { plural } from './plural.ts'
import { outcomeText } from './profile-report.ts'

export interface TunedBatches {
  readonly target: { readonly rate: number; readonly text: string; readonly unit: BudgetUnit }
  readonly batches: readonly Batch[]
  /** Batches without a metric that could be judged. */
  readonly leftOut: readonly string[]
  /** The newest so many points of a metric were replayed. */
  readonly mostPoints: number
  readonly tuning: Tuning
  /** Absent where nothing was to be written; undefined for a file that could not be. */
  readonly written?: ReadonlyMap<Batch, EditOutcome | undefined>
}

/** With fewer alerts than this to be expected, chance decides. */
const FEW_EXPECTED = 5
/** Held-out rates this far off, as a factor, are worth a word. */
const FAR_OFF = 2

/** Rates are alerts of one metric per `unit`. */
export function tuneJson({ target, batches, leftOut, tuning, written }: TunedBatches): unknown {
  const { key, value, tries, today, tuned, splits, decides } = tuning
  const ratesOf = ({ found, heldOut }: Validated) => ({
    found: ratesJson(found, target.unit),
    heldOut: ratesJson(heldOut, target.unit),
  })
  return {
    target: perUnit(target.rate, target.unit),
    unit: target.unit,
    metrics: tuning.metrics,
    leftOut,
    key,
    value,
    tries,
    today: ratesOf(today),
    tuned: ratesOf(tuned),
    batches: batches.map((batch) => ({
      batch: batch.name,
      file: batch.file,
      today: settingOf(batch, decides),
      foundUntil: isoOf(splits.get(batch.name)?.split),
      ...(written === undefined ? {} : { outcome: written.get(batch) ?? { status: 'failed' } }),
    })),
  }
}

function ratesJson(rates: AlertRates | undefined, unit: BudgetUnit): unknown {
  if (rates === undefined) return null
  const { metrics, alerts, mean, q10, median, q90, max } = rates
  const shown = (rate: number) => Number(perUnit(rate, unit).toPrecision(6))
  return {
    metrics,
    alerts,
    mean: shown(mean),
    q10: shown(q10),
    median: shown(median),
    q90: shown(q90),
    max: shown(max),
  }
}

/** The same for people. */
export function tuneText(report: TunedBatches, paint: Paint): string {
  const { target, batches, mostPoints, tuning, written } = report
  const { key, value, metrics, tries, today, tuned } = tuning
  const setting = stringify({ [key]: value }).trim()
  const now = [...new Set(batches.map((batch) => settingOf(batch, tuning.decides)))]
  const head = [
    `${paint.bold('target')}  ${line(target.text)} for each metric`,
    `${paint.bold('history')} ${plural(metrics, 'metric')} of ${plural(batches.length, 'batch', 'batches')}: found on the first ${FOUND_ON * 100} % of the time${spanOf(batches, tuning)}, validated on the rest; at most ${mostPoints} points of each`,
    '',
  ]
  const table = columns(
    [
      [
        paint.dim(`alerts per ${target.unit}`),
        '',
        ...['found on', 'held out', 'median', '10 to 90 %', 'most'].map(paint.dim),
      ],
      ['today', now.length === 1 ? now[0]! : 'as each batch says', ...cells(today, target.unit)],
      [paint.bold('tuned'), paint.bold(setting), ...cells(tuned, target.unit)],
    ],
    { align: ['left', 'left', 'right', 'right', 'right', 'right', 'right'] },
  )
  const notes = notesOn(report).map((note) => `${paint.yellow('note')} ${note}\n`)
  const files = batches.map((batch) =>
    written === undefined
      ? `  ${setting}  in ${line(batch.file)}\n`
      : outcomeText(setting, batch.file, written.get(batch)),
  )
  return [
    head.join('\n'),
    `\n${table}\n`,
    paint.dim(
      `median, 10 to 90 % and most are those of the held-out time, over metrics; ${plural(tries, 'value')} tried\n`,
    ),
    ...notes,
    written === undefined ? '\nTo use it (--write does it):\n' : '\n',
    ...files,
    [...(written?.values() ?? [])].some((outcome) => outcome?.status === 'kept')
      ? '  --replace writes it in place of what is set\n'
      : '',
  ].join('')
}

function cells({ found, heldOut }: Validated, unit: BudgetUnit): readonly string[] {
  const shown = (rate: number) => {
    const value = perUnit(rate, unit)
    return value >= 100 ? String(Math.round(value)) : value.toFixed(2)
  }
  return [
    found === undefined ? '–' : shown(found.mean),
    ...(heldOut === undefined
      ? ['–', '–', '–', '–']
      : [
          shown(heldOut.mean),
          shown(heldOut.median),
          `${shown(heldOut.q10)} to ${shown(heldOut.q90)}`,
          shown(heldOut.max),
        ]),
  ]
}

function notesOn({ target, leftOut, tuning: { tuned, key } }: TunedBatches): readonly string[] {
  const { found, heldOut } = tuned
  const silent = leftOut.map(
    (name) => `batch "${line(name)}" has no points that can be judged yet, and is left out.`,
  )
  if (found === undefined) return silent
  const expected = (time: number) => target.rate * time
  const off = (rate: number) => Math.max(rate / target.rate, target.rate / Math.max(rate, 1e-300))
  return [
    ...silent,
    ...(expected(found.time) < FEW_EXPECTED
      ? [
          `at this rate only ${amount(expected(found.time))} alerts are to be expected in the time that it was found on: chance has a large part in this.`,
        ]
      : off(found.mean) > FAR_OFF
        ? [
            `no ${key} comes nearer to the target: ${found.mean > target.rate ? 'scores of 1, and what lasts, alert all the same' : 'there is no more that stands out'}.`,
          ]
        : []),
    ...(heldOut !== undefined && expected(heldOut.time) >= FEW_EXPECTED && off(heldOut.mean) > FAR_OFF
      ? [`the held-out time is another: its rate is off by a factor of more than ${FAR_OFF}.`]
      : []),
  ]
}

/** What says today when to alert. */
function settingOf({ name, settings }: Batch, decides: Tuning['decides']): string {
  if (settings.alert_threshold !== null) return `alert_threshold: ${settings.alert_threshold}`
  if (settings.alert_budget !== null) return `alert_budget: ${settings.alert_budget}`
  return decides.get(name) === true ? 'the level of the model' : 'a score of 0.8'
}

function spanOf(batches: readonly Batch[], { splits }: Tuning): string {
  const [only, ...others] = batches
  const split = only === undefined || others.length > 0 ? undefined : splits.get(only.name)
  return split === undefined ? ' of each' : `, ${dayOf(split.from)} to ${dayOf(split.split)}`
}

const line = (text: string) => printable(text).replaceAll('\n', ' ')
const amount = (value: number) => (value < 1 ? value.toFixed(1) : String(Math.round(value)))
const isoOf = (timestamp: number | undefined) =>
  timestamp === undefined ? null : new Date(timestamp).toISOString()
const dayOf = (timestamp: number) => new Date(timestamp).toISOString().slice(0, 10)
