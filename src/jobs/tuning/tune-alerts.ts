import type { BatchSettings } from '../../config/batch-settings.ts'
import { AnomstackError } from '../../core/errors.ts'
import { type AlertRates, alertRates, type BatchSplit, type MetricAlerts, splitTimes } from './alert-rates.ts'
import { type BudgetUnit, budgetText } from './budget-text.ts'
import { type Change, createHistoryJudge, type HistoryJudge, type Progress } from './judge-history.ts'
import type { LoadedBatch } from './load-metrics.ts'
import { nearestTry, searchBudget, searchThreshold } from './search-setting.ts'

export const TUNED_KEYS = ['alert_budget', 'alert_threshold'] as const
export type TunedKey = (typeof TUNED_KEYS)[number]

export interface TuningOptions {
  /** Alerts of one metric per ms. */
  readonly target: number
  /** Budgets are written in it. */
  readonly unit: BudgetUnit
  /** Chosen by the models where it is not given: a budget where they say by themselves when to alert, a threshold where they give scores alone. */
  readonly key?: TunedKey
  readonly progress: (what: string) => Progress
}

/** How often a setting alerts in the part that it was found on, and in the part that nobody looked at. */
export interface Validated {
  readonly found: AlertRates | undefined
  readonly heldOut: AlertRates | undefined
}

export interface Tuning {
  readonly key: TunedKey
  readonly value: string | number
  readonly today: Validated
  readonly tuned: Validated
  readonly tries: number
  /** That were judged. */
  readonly metrics: number
  /** When the first part of the time of each batch is over. */
  readonly splits: ReadonlyMap<string, BatchSplit>
  /** Whether models say by themselves when to alert. */
  readonly decides: ReadonlyMap<string, boolean>
  /** Sentences on metrics that could not be judged. */
  readonly problems: readonly string[]
}

/** The part of the time that a setting is found on; the rest validates it. */
export const FOUND_ON = 0.7

/**
 * One setting for all metrics of some batches with which they would have alerted as often as the target says, in the first part of their history; and how often they
 * would in the rest. Each point is judged from those before it, so the rest is time that neither models nor the search had seen. Throws `CONFLICT` when there is nothing to judge.
 */
export async function tuneAlerts(loaded: readonly LoadedBatch[], options: TuningOptions): Promise<Tuning> {
  const { target: rate, unit } = options
  const judge = createHistoryJudge(loaded)
  const now = await judge.alerts((settings) => settings, options.progress('as it is'))
  const splits = splitTimes(now, FOUND_ON)
  const validate = (alerts: readonly MetricAlerts[]): Validated => ({
    found: alertRates(alerts, (batch) => ({ from: splits.get(batch)!.from, to: splits.get(batch)!.split })),
    heldOut: alertRates(alerts, (batch) => ({
      from: splits.get(batch)!.split,
      to: splits.get(batch)!.to + 1,
    })),
  })
  const today = validate(now)
  if (today.found === undefined)
    throw new AnomstackError(
      'CONFLICT',
      `there is no history to tune with: no metric has points that can be judged${judge.problems.length === 0 ? '; `anomstack backfill` reads some' : `:\n${judge.problems.join('\n')}`}`,
    )
  const decides = new Map(
    loaded.map(({ context: { batch } }) => [batch.name, judge.decidesItself(batch.name)]),
  )
  const key =
    options.key ?? ([...decides.values()].some((itself) => itself) ? 'alert_budget' : 'alert_threshold')
  const target = { rate, least: 0.5 / today.found.time }
  /** Of what was tried, so that nothing is replayed twice. */
  const known = new Map<string | number, Validated>()
  const { tries, value } =
    key === 'alert_threshold'
      ? await chooseThreshold(judge, { target, known, validate, progress: options.progress })
      : await chooseBudget(judge, { target, known, validate, unit, progress: options.progress })
  return {
    key,
    value,
    today,
    tuned: known.get(value)!,
    tries,
    metrics: now.length,
    splits,
    decides,
    problems: judge.problems,
  }
}

interface Choosing {
  readonly target: { readonly rate: number; readonly least: number }
  readonly known: Map<string | number, Validated>
  readonly validate: (alerts: readonly MetricAlerts[]) => Validated
  readonly progress: TuningOptions['progress']
}

async function chooseThreshold(judge: HistoryJudge, { target, known, validate, progress }: Choosing) {
  // A budget of today may be part of the models.
  await judge.alerts(withThreshold(1), progress('without a budget'))
  const tried = searchThreshold((threshold) => {
    const validated = validate(judge.alertsOfScores(withThreshold(threshold)))
    known.set(threshold, validated)
    return validated.found?.mean ?? 0
  }, target)
  return { tries: tried.length, value: nearestTry(tried, target)?.value ?? 1 }
}

async function chooseBudget(
  judge: HistoryJudge,
  { target, known, validate, unit, progress }: Choosing & Pick<TuningOptions, 'unit'>,
) {
  const tried = await searchBudget(async (budget) => {
    const text = budgetText(budget, unit)
    const validated = known.get(text) ?? validate(await judge.alerts(withBudget(text), progress(text)))
    known.set(text, validated)
    return validated.found?.mean ?? 0
  }, target)
  return { tries: tried.length, value: budgetText(nearestTry(tried, target)?.value ?? target.rate, unit) }
}

const withThreshold =
  (threshold: number): Change =>
  (settings: BatchSettings) => ({ ...settings, alert_threshold: threshold, alert_budget: null })

const withBudget =
  (budget: string): Change =>
  (settings: BatchSettings) => ({ ...settings, alert_threshold: null, alert_budget: budget })
