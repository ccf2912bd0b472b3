import type { BatchSettings } from '../../config/batch-settings.ts'
import { listsMetric, ofMetric } from '../../core/metric-name.ts'
import type { Series } from '../../core/series.ts'
import type { SeriesProfile } from '../../timeseries/profile-series.ts'
import { type AdvisedBounds, advisedBounds } from './advised-bounds.ts'
import { FEW_TO_MEASURE, type Wishes, wishesOf } from './metric-wishes.ts'

const DAY = 86_400_000

export interface MetricAdvice {
  readonly metric: string
  /** `wait`: there are too few points to say anything. */
  readonly judge: 'auto' | 'threshold' | 'own choice' | 'wait'
  /** Sentences, the recommendation first. */
  readonly reasons: readonly string[]
  readonly thresholds?: AdvisedBounds['bounds']
  /** A time since which a new level holds, as `new_normal_from` has it. */
  readonly newNormalFrom?: string
  readonly wishes: Wishes
}

/** Tails so many times as heavy as Gaussian ones. */
const HEAVY = 3
/** Spreads over the whole history that are called a trend. */
const CLEAR_TREND = 2
/** A shift is worth a new beginning when so much came after it. */
const SETTLED = { points: 100, ms: 14 * DAY }
/** What suits a metric, from what was measured of it. `runEvery` is the time between runs of its batch, ms. */
export function adviseMetric(
  {
    metric,
    series,
    profile,
  }: { readonly metric: string; readonly series: Series; readonly profile: SeriesProfile },
  settings: BatchSettings,
  runEvery: number | undefined,
): MetricAdvice {
  const { points } = profile
  const bounded =
    ofMetric(settings.tholdalert_thresholds, metric) !== undefined && !settings.disable_tholdalert
  if (points < settings.train_min_n)
    return {
      metric,
      judge: 'wait',
      reasons: [
        `There are too few points: the model begins with ${settings.train_min_n}, and there ${points === 1 ? 'is 1' : `are ${points}`}.`,
      ],
      wishes: {},
    }
  const { wishes, reasons } = wishesOf(profile, settings, runEvery)
  const found = bounded ? undefined : advisedBounds(series, profile)
  if (found !== undefined) {
    const { bounds, why, breaches } = found
    return {
      metric,
      judge: 'threshold',
      reasons: [
        `A plain threshold (${boundsText(bounds)}) suits it, since ${why}; in this history it would ${breaches === 0 ? 'never have alerted' : `have alerted ${times(breaches)}`}.`,
        ...reasons,
      ],
      thresholds: bounds,
      wishes,
    }
  }
  const shift = lastingShift(series, profile, settings)
  const ownChoice = settings.model_configs.some(({ model_name: name }) => name !== 'auto')
  const excluded = listsMetric(new Set(settings.train_exclude_metrics), metric)
  const heavy = !excluded && hasHeavyTails(profile, settings)
  return {
    metric,
    judge: ownChoice || excluded ? 'own choice' : 'auto',
    reasons: [
      excluded
        ? `It is judged by ${bounded ? 'the thresholds' : 'nothing'} that the batch sets, as it is in train_exclude_metrics.`
        : `${ownChoice ? `The batch chooses ${settings.model_configs.map(({ model_name: name }) => name).join(' and ')} itself` : 'The default model auto suits it'}: ${characterOf(profile)}.`,
      ...(shift === undefined
        ? []
        : [
            `Its level went from ${short(shift.from)} to ${short(shift.to)} on ${dayOf(shift.at)} and stayed there: new_normal_from: ${dayOf(shift.at)} forgets what was before, if that is not to come back.`,
          ]),
      ...reasons,
      ...(heavy
        ? [
            `Its outliers go ${short(profile.tails ?? 0)} times as far as those of Gaussian noise: an alert_budget keeps the alerts to the strangest.`,
          ]
        : []),
    ],
    ...(shift === undefined ? {} : { newNormalFrom: dayOf(shift.at) }),
    wishes: heavy ? { ...wishes, budget: true } : wishes,
  }
}

function hasHeavyTails({ tails = 0, points }: SeriesProfile, settings: BatchSettings): boolean {
  return (
    points >= FEW_TO_MEASURE &&
    tails >= HEAVY &&
    settings.alert_budget === null &&
    settings.alert_threshold === null
  )
}

/** The newest shift that is within what training sees, and after which enough came. */
function lastingShift(series: Series, { shifts, last }: SeriesProfile, settings: BatchSettings) {
  const shift = shifts.at(-1)
  if (shift === undefined || settings.new_normal_from !== null) return undefined
  const since = series.timestamps.length - series.timestamps.findIndex((timestamp) => timestamp >= shift.at)
  const isSeen = last - shift.at < settings.train_metric_timestamp_max_days_ago * DAY
  return isSeen && since >= SETTLED.points && last - shift.at >= SETTLED.ms ? shift : undefined
}

/** What is worth knowing of a series, for people. */
function characterOf({ cycles, trend, shifts, kind, zeros }: SeriesProfile): string {
  const present = cycles.filter((cycle) => cycle.present)
  const parts = [
    ...(present.length === 0
      ? ['no cycle of clock or calendar shows']
      : [
          `it goes by the ${present.map(({ name, share }) => `${name} (${percent(share)} of the variance)`).join(' and the ')}`,
        ]),
    ...(shifts.length > 0 ? [`its level shifted ${times(shifts.length)}`] : []),
    ...(shifts.length === 0 && Math.abs(trend.total) >= CLEAR_TREND
      ? [`it ${trend.total > 0 ? 'rises' : 'falls'} by ${short(Math.abs(trend.perWeek))} spreads a week`]
      : []),
    ...(kind === 'count' && zeros >= 0.2 ? [`${percent(zeros)} of its counts are 0`] : []),
  ]
  return parts.join(', ')
}

function boundsText({ lower, upper }: AdvisedBounds['bounds']): string {
  return [
    ...(lower === undefined ? [] : [`lower ${lower}`]),
    ...(upper === undefined ? [] : [`upper ${upper}`]),
  ].join(', ')
}

const times = (count: number) => (count === 0 ? 'never' : count === 1 ? 'once' : `${count} times`)
const dayOf = (timestamp: number) => new Date(timestamp).toISOString().slice(0, 10)
const short = (value: number) => String(Number(value.toPrecision(3)))
const percent = (share: number) => `${Math.round(share * 100)} %`
