import { type BatchSettings, batchSettings } from '../config/batch-settings.ts'
import { formatDuration } from '../core/duration.ts'
import { listsMetric, ofMetric } from '../core/metric-name.ts'
import type { Series } from '../core/series.ts'
import type { SeriesProfile } from '../timeseries/profile-series.ts'
import { type AdvisedBounds, advisedBounds } from './advised-bounds.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What a metric would have set for its batch, which has one setting for all of its metrics. */
export interface Wishes {
  /** Of `preprocess_params`, ms. */
  readonly freq?: number
  readonly step?: string
  readonly aggregated?: true
  readonly missing?: 'zero'
  readonly train_max_n?: number
  /** Few alerts, for its tails are heavy. */
  readonly budget?: true
}

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

/** A series is too irregular for a step when so few distances are whole steps. */
const IRREGULAR = 0.7
const FEW_TO_MEASURE = 50
/** A step is learned from the distances that are one step: of fewer, it may come to be longer. */
const FEW_NEIGHBOURS = 0.6
const SOME_MISSING = 0.05
/** Counts of which a quarter is no larger than this are sometimes 0. */
const SMALL_COUNT = 3
/** Tails so many times as heavy as Gaussian ones. */
const HEAVY = 3
/** Spreads over the whole history that are called a trend. */
const CLEAR_TREND = 2
/** A shift is worth a new beginning when so much came after it. */
const SETTLED = { points: 100, ms: 14 * DAY }
/** What a model must see of each cycle to know it. */
const CYCLE_SPANS: Readonly<Record<string, number>> = {
  'hour of the day': 7 * DAY,
  'day of the week': 28 * DAY,
  'day of the month': 92 * DAY,
}
const MOST_POINTS = 20_000

/** Steps of time to resample to. */
export const NICE_STEPS: readonly number[] = [
  ...[1, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  DAY,
  7 * DAY,
]

/** What suits a metric, from what was measured of it. `runEvery` is the time between runs of its batch, ms. */
export function adviseMetric(
  { metric, series, profile }: { readonly metric: string; readonly series: Series; readonly profile: SeriesProfile },
  settings: BatchSettings,
  runEvery: number | undefined,
): MetricAdvice {
  const { points } = profile
  const bounded = ofMetric(settings.tholdalert_thresholds, metric) !== undefined && !settings.disable_tholdalert
  if (points < settings.train_min_n)
    return {
      metric,
      judge: 'wait',
      reasons: [`There are too few points: the model begins with ${settings.train_min_n}, and there ${points === 1 ? 'is 1' : `are ${points}`}.`],
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
        `A plain threshold (${boundsText(bounds)}) suits it, since ${why}; in this history it would have been left ${times(breaches)}.`,
        ...reasons,
      ],
      thresholds: bounds,
      wishes,
    }
  }
  const shift = lastingShift(series, profile, settings)
  const ownChoice = settings.model_configs.some(({ model_name: name }) => name !== 'auto')
  const excluded = listsMetric(new Set(settings.train_exclude_metrics), metric)
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
    ],
    ...(shift === undefined ? {} : { newNormalFrom: dayOf(shift.at) }),
    wishes,
  }
}

function wishesOf(
  profile: SeriesProfile,
  settings: BatchSettings,
  runEvery: number | undefined,
): { readonly wishes: Wishes; readonly reasons: readonly string[] } {
  const reasons: string[] = []
  const wishes: { -readonly [Key in keyof Wishes]: Wishes[Key] } = {}
  const { step, onStep, longStep, missingShare, missing, kind, zeros, quantiles, points } = profile
  if (step === undefined || points < FEW_TO_MEASURE) return { wishes, reasons }
  const { preprocess_params: preprocess, train_max_n: window } = settings

  if (preprocess.freq === null && onStep < IRREGULAR) {
    const freq = NICE_STEPS.find((each) => each >= longStep)
    if (freq !== undefined) {
      wishes.freq = freq
      reasons.push(
        `Its points come irregularly (only ${percent(onStep)} of the gaps are whole steps): resample with preprocess_params.freq ${freqText(freq)}, and freq_agg sum if values are to be added up.`,
      )
    }
  } else if (preprocess.freq === null && runEvery !== undefined && window * step < 2 * DAY && runEvery >= 10 * step) {
    const wanted = Math.min(runEvery, Math.max(5 * step, (7 * DAY) / window))
    const freq = NICE_STEPS.findLast((each) => each <= wanted) ?? step
    if (freq >= 5 * step) {
      wishes.freq = freq
      reasons.push(
        `A point every ${formatDuration(step)} is far finer than a run every ${formatDuration(runEvery)} needs, and ${window} of them are only ${formatDuration(window * step)}: preprocess_params.freq ${freqText(freq)}.`,
      )
    }
  }
  if (onStep >= 0.9 && settings.step === null && profile.oneStep < FEW_NEIGHBOURS && step < 27 * DAY) {
    wishes.step = formatDuration(step)
    reasons.push(
      `${percent(missingShare)} of its points are missing, and only ${percent(profile.oneStep)} of the others have one right after them: step ${wishes.step} says how far apart they should be, however few there come to be.`,
    )
  }
  if (settings.aggregated === null && kind === 'count' && profile.aligned && step >= MINUTE && step < HOUR) {
    wishes.aggregated = true
    reasons.push(
      `It is a count whose timestamps are exact multiples of ${formatDuration(step)}: with aggregated true it is judged only when its period has ended.`,
    )
  }
  if (
    settings.missing === 'gap' &&
    kind === 'count' &&
    zeros === 0 &&
    onStep >= 0.9 &&
    missingShare >= SOME_MISSING &&
    quantiles.q25 <= SMALL_COUNT
  ) {
    wishes.missing = 'zero'
    reasons.push(
      `It is a small count that is never 0, and ${missing} points are missing: missing zero counts what has no row as 0.`,
    )
  }
  const needed = pointsNeeded(profile)
  if (wishes.freq === undefined && preprocess.freq === null && needed.points > window) {
    wishes.train_max_n = Math.min(MOST_POINTS, Math.ceil(needed.points / 100) * 100)
    reasons.push(
      `The training window of ${window} points is ${formatDuration(window * step)}, too short for its cycle by the ${needed.cycle}: train_max_n ${wishes.train_max_n}.`,
    )
  }
  const days = Math.ceil(needed.ms / DAY)
  if (days > settings.train_metric_timestamp_max_days_ago + 2)
    reasons.push(
      `Training sees ${settings.train_metric_timestamp_max_days_ago} days (train_metric_timestamp_max_days_ago); its cycle by the ${needed.cycle} takes about ${days}.`,
    )
  if (profile.tails !== undefined && profile.tails >= HEAVY && settings.alert_budget === null && settings.alert_threshold === null) {
    wishes.budget = true
    reasons.push(
      `Its outliers go ${short(profile.tails)} times as far as those of Gaussian noise: an alert_budget keeps the alerts to the strangest.`,
    )
  }
  return { wishes, reasons }
}

/** Points and time that the longest cycle takes. */
function pointsNeeded({ cycles, step = 1, missingShare }: SeriesProfile) {
  const longest = cycles
    .filter(({ present }) => present)
    .map(({ name }) => ({ cycle: name as string, ms: CYCLE_SPANS[name] ?? 0 }))
    .reduce((a, b) => (b.ms > a.ms ? b : a), { cycle: '', ms: 0 })
  return { ...longest, points: Math.round((longest.ms / step) * (1 - missingShare)) }
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

/** As `preprocess_params.freq` has it. */
export function freqText(ms: number): string {
  if (ms % DAY === 0) return `${ms / DAY}D`
  if (ms % HOUR === 0) return `${ms / HOUR}h`
  return ms % MINUTE === 0 ? `${ms / MINUTE}min` : `${ms / 1000}s`
}

/** Whether a setting is another than it is by itself: somebody has set it. */
export function isSet(settings: BatchSettings, key: keyof BatchSettings): boolean {
  return JSON.stringify(settings[key]) !== JSON.stringify(batchSettings.parse({})[key])
}

function boundsText({ lower, upper }: AdvisedBounds['bounds']): string {
  return [...(lower === undefined ? [] : [`lower ${lower}`]), ...(upper === undefined ? [] : [`upper ${upper}`])].join(', ')
}

const times = (count: number) => (count === 0 ? 'never' : count === 1 ? 'once' : `${count} times`)
const dayOf = (timestamp: number) => new Date(timestamp).toISOString().slice(0, 10)
const short = (value: number) => String(Number(value.toPrecision(3)))
const percent = (share: number) => `${Math.round(share * 100)} %`
