import type { BatchSettings } from '../../config/batch-settings.ts'
import { formatDuration } from '../../core/duration.ts'
import type { SeriesProfile } from '../../timeseries/profile-series.ts'

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

/** A series is too irregular for a step when so few distances are whole steps. */
const IRREGULAR = 0.7
/** Of fewer points, nothing is asked for. */
export const FEW_TO_MEASURE = 50
/** A step is learned from the distances that are one step: of fewer, it may come to be longer. */
const FEW_NEIGHBOURS = 0.6
const SOME_MISSING = 0.05
/** Counts of which a quarter is no larger than this are sometimes 0. */
const SMALL_COUNT = 3
/** What a model must see of each cycle to know it. */
const CYCLE_SPANS: Readonly<Record<string, number>> = {
  'hour of the day': 7 * DAY,
  'day of the week': 28 * DAY,
  'day of the month': 92 * DAY,
}
const MOST_POINTS = 20_000

/** Steps of time to resample to. */
const NICE_STEPS: readonly number[] = [
  ...[1, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  DAY,
  7 * DAY,
]

/** What a metric would have set for its batch, with a sentence for each. `runEvery` is the time between runs of the batch, ms. */
export function wishesOf(
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
  } else if (
    preprocess.freq === null &&
    runEvery !== undefined &&
    window * step < 2 * DAY &&
    runEvery >= 10 * step
  ) {
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

/** As `preprocess_params.freq` has it. */
export function freqText(ms: number): string {
  if (ms % DAY === 0) return `${ms / DAY}D`
  if (ms % HOUR === 0) return `${ms / HOUR}h`
  return ms % MINUTE === 0 ? `${ms / MINUTE}min` : `${ms / 1000}s`
}

const percent = (share: number) => `${Math.round(share * 100)} %`
