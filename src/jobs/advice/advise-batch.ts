import { type BatchSettings, batchSettings } from '../../config/batch-settings.ts'
import type { Json } from '../../core/json.ts'
import type { MetricAdvice } from './advise-metric.ts'
import { freqText, type Wishes } from './metric-wishes.ts'

/** Keys of a batch file that belong together: all of them are written, or none. */
export interface Proposal {
  readonly keys: readonly { readonly path: readonly string[]; readonly value: Json }[]
  /** One line. */
  readonly why: string
}

export interface BatchAdvice {
  readonly proposals: readonly Proposal[]
  /** What some of the metrics would have, and others not: a batch has one setting for all. */
  readonly disagreements: readonly string[]
}

/** Metrics whose alerts, at a few a month each, add up to many a day. */
const MANY_METRICS = 20
const BUDGETS = ['1 per week', '2 per month', '1 per month', '1 per quarter', '1 per year'] as const
const DAYS_BETWEEN = [7, 15, 30, 91, 365]

/** What the advice for its metrics means for the file of a batch. */
export function adviseBatch(advice: readonly MetricAdvice[], settings: BatchSettings): BatchAdvice {
  const judged = advice.filter(({ judge }) => judge !== 'wait')
  const disagreements: string[] = []
  const proposals: Proposal[] = [...thresholdProposal(judged, settings), ...shiftProposal(judged, settings)]
  /** The wishes for a key, if all that are judged have one. */
  const agreed = <Key extends keyof Wishes>(key: Key, label: string): NonNullable<Wishes[Key]>[] => {
    const wishing = judged.filter(({ wishes }) => wishes[key] !== undefined)
    if (wishing.length === judged.length)
      return wishing.map(({ wishes }) => wishes[key]).filter((wish) => wish !== undefined)
    if (wishing.length > 0)
      disagreements.push(
        `${label} suits ${wishing.map(({ metric }) => metric).join(', ')} alone: put ${wishing.length === 1 ? 'it' : 'them'} into a batch of ${wishing.length === 1 ? 'its' : 'their'} own to set it.`,
      )
    return []
  }
  const frequencies = agreed('freq', 'preprocess_params.freq')
  if (frequencies.length > 0)
    proposals.push({
      keys: [{ path: ['preprocess_params', 'freq'], value: freqText(Math.max(...frequencies)) }],
      why: 'points come irregularly, or far finer than the batch needs',
    })
  const [step, ...others] = new Set(agreed('step', 'step'))
  if (step !== undefined && others.length === 0)
    proposals.push({ keys: [{ path: ['step'], value: step }], why: 'many points are missing' })
  if (agreed('aggregated', 'aggregated').length > 0)
    proposals.push({
      keys: [{ path: ['aggregated'], value: true }],
      why: 'counts, each for the period that starts at its timestamp',
    })
  if (agreed('missing', 'missing: zero').length > 0)
    proposals.push({
      keys: [{ path: ['missing'], value: 'zero' }],
      why: 'small counts that are never 0: what has no row is 0',
    })
  const windows = judged.flatMap(({ wishes }) => wishes.train_max_n ?? [])
  if (windows.length > 0 && !isSet(settings, 'train_max_n'))
    proposals.push({
      keys: [{ path: ['train_max_n'], value: Math.max(...windows) }],
      why: 'the training window is to hold some of each cycle',
    })
  proposals.push(...budgetProposal(judged, settings))
  return { proposals, disagreements }
}

function thresholdProposal(judged: readonly MetricAdvice[], settings: BatchSettings): readonly Proposal[] {
  const bounded = judged.filter(({ thresholds }) => thresholds !== undefined)
  if (bounded.length === 0) return []
  const excluded = [...settings.train_exclude_metrics, ...bounded.map(({ metric }) => metric)]
  return [
    {
      keys: [
        ...bounded.map(({ metric, thresholds }) => ({
          path: ['tholdalert_thresholds', metric],
          value: { ...thresholds } as Json,
        })),
        ...(settings.disable_tholdalert ? [{ path: ['disable_tholdalert'], value: false }] : []),
        // Threshold alerts have channels of their own.
        ...(settings.tholdalert_methods === settings.alert_methods || isSet(settings, 'tholdalert_methods')
          ? []
          : [{ path: ['tholdalert_methods'], value: settings.alert_methods }]),
        { path: ['train_exclude_metrics'], value: excluded },
      ],
      why: 'metrics that hardly ever move, or are near a bound: a plain threshold in place of a model',
    },
  ]
}

function shiftProposal(judged: readonly MetricAdvice[], settings: BatchSettings): readonly Proposal[] {
  const shifted = judged.flatMap(({ metric, newNormalFrom }) =>
    newNormalFrom === undefined ? [] : [{ metric, newNormalFrom }],
  )
  if (shifted.length === 0 || settings.new_normal_from !== null) return []
  return [
    {
      keys: shifted.map(({ metric, newNormalFrom }) => ({
        path: ['new_normal_from', metric],
        value: newNormalFrom,
      })),
      why: 'the level changed for good',
    },
  ]
}

function budgetProposal(judged: readonly MetricAdvice[], settings: BatchSettings): readonly Proposal[] {
  if (settings.alert_budget !== null || settings.alert_threshold !== null) return []
  const modelled = judged.filter(({ judge }) => judge !== 'threshold')
  const heavy = modelled.filter(({ wishes }) => wishes.budget === true).length
  if (modelled.length === 0 || (modelled.length < MANY_METRICS && heavy * 2 <= modelled.length)) return []
  const enough = DAYS_BETWEEN.findIndex((days) => modelled.length / days <= 1)
  const budget = BUDGETS[enough < 0 ? BUDGETS.length - 1 : enough]!
  return [
    {
      keys: [{ path: ['alert_budget'], value: budget }],
      why:
        modelled.length >= MANY_METRICS
          ? `${modelled.length} metrics: together about one alert a day`
          : 'outliers are common here',
    },
  ]
}

/** Whether a setting is another than it is by itself: somebody has set it. */
function isSet(settings: BatchSettings, key: keyof BatchSettings): boolean {
  return JSON.stringify(settings[key]) !== JSON.stringify(batchSettings.parse({})[key])
}
