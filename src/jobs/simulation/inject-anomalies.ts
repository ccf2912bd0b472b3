import { policyReach } from '../../alerts/policy-of.ts'
import type { BatchSettings } from '../../config/batch-settings.ts'
import { isValid, rangeFor } from '../../config/per-metric.ts'
import type { ProbeResult, ReplayItem } from '../../models/model-pool.ts'
import type { ProbeItem } from '../../models/simulation/probe-series.ts'
import { hasOwnPreprocessing } from '../model-spec-of.ts'
import { choosePlaces } from './choose-places.ts'
import type { JudgedMetric } from './judge-metric.ts'
import { type Injected, LEAST_PLACES, type Outcome, PLACES, SHARE, SIZES, WITHIN } from './simulation.ts'
import { type SimulationContext, specOf } from './simulation-context.ts'
import { smallestFound } from './smallest-found.ts'

const DAY = 86_400_000

interface Way {
  readonly context: SimulationContext
  readonly items: ReadonlyMap<string, ReplayItem | Outcome>
}

/**
 * The smallest anomalies that are found in each metric, for each way to decide on the same scores: they are put in at the same places for all of them, where none finds
 * anything strange.
 */
export async function injectAnomalies(
  ways: readonly Way[],
  judged: readonly ReadonlyMap<string, JudgedMetric | Outcome>[],
): Promise<readonly ReadonlyMap<string, Injected>[]> {
  const [first] = ways
  if (first === undefined) return []
  const { settings } = first.context.batch
  const reach = Math.max(...ways.map(({ context }) => policyReach(context.batch.settings)))
  const injected = ways.map(() => new Map<string, Injected>())
  const everywhere = (metric: string, why: string) => {
    for (const each of injected) each.set(metric, { status: 'not tried', why })
  }
  const probed: ProbeItem[] = []
  for (const [metric, item] of first.items) {
    const asJudged = judged.map((ofWay) => ofWay.get(metric)).filter(isJudged)
    if ('status' in item || asJudged.length !== judged.length) continue
    if (hasOwnPreprocessing(settings)) {
      everywhere(metric, 'the batch has a preprocess_fn of its own')
      continue
    }
    const silenced = asJudged.flatMap(({ outcome }) => outcome.silencedBy ?? [])
    if (silenced.length === asJudged.length) {
      judged.forEach((_, way) => void injected[way]?.set(metric, neverAlerts(silenced[way])))
      continue
    }
    const alone = ways.map(({ context }) => alertsAlone(context.batch.settings, metric))
    const at = placesOf(metric, asJudged, { reach, strangeAnyway: (value) => alone.some((is) => is(value)) })
    if (at.length < LEAST_PLACES) everywhere(metric, 'too few quiet points to put anomalies between')
    else probed.push({ metric, series: item.series, at })
  }
  const results = await first.context.pool.probe(specOf(first.context.batch), probed, {
    signal: first.context.signal,
    maxPoints: settings.train_max_n,
    maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
    sizes: SIZES,
    within: WITHIN,
  })
  for (const result of results)
    ways.forEach(({ context }, way) => {
      const metric = judged[way]?.get(result.metric)
      if (isJudged(metric)) injected[way]?.set(result.metric, found(context, metric, { result, reach }))
    })
  return injected
}

function neverAlerts(setting = ''): Injected {
  return { status: 'not tried', why: `it never alerts: ${setting}` }
}

function isJudged(each: JudgedMetric | Outcome | undefined): each is JudgedMetric {
  return each !== undefined && 'outcome' in each
}

/** Whether a value alerts by itself, whatever its score. */
function alertsAlone(settings: BatchSettings, metric: string): (value: number) => boolean {
  const range = rangeFor(settings.valid_range, metric)
  return (value) => range !== undefined && Number.isFinite(value) && !isValid(value, range)
}

function placesOf(
  metric: string,
  judged: readonly JudgedMetric[],
  { reach, strangeAnyway }: { readonly reach: number; readonly strangeAnyway: (value: number) => boolean },
): readonly number[] {
  const [first] = judged
  if (first === undefined) return []
  const { timestamps, values } = first.scored
  const strange = Uint8Array.from(values, (value, row) =>
    Number(strangeAnyway(value) || judged.some(({ verdict }) => verdict.exceeds[row] === 1)),
  )
  return choosePlaces(
    { timestamps: timestamps.subarray(first.begin), strange: strange.subarray(first.begin) },
    { metric, count: PLACES, within: WITHIN, quietBefore: reach },
  )
}

function found(
  { batch: { settings } }: SimulationContext,
  { outcome, scored, verdict, policy }: JudgedMetric,
  { result, reach }: { readonly result: ProbeResult; readonly reach: number },
): Injected {
  if (result.status === 'failed') return { status: 'not tried', why: result.error.problem }
  if (outcome.silencedBy !== undefined) return neverAlerts(outcome.silencedBy)
  const smallest = smallestFound(
    result,
    { scored, verdict },
    { share: SHARE, reach, policy, alwaysAlerts: alertsAlone(settings, result.metric) },
  )
  const trials = new Set(result.trials.map(({ at }) => at)).size
  return { status: 'tried', noise: result.noise, trials, smallest }
}
