import { createHash } from 'node:crypto'
import type { BatchSettings } from '../config/batch-settings.ts'
import { createRandom, hashText } from '../core/random.ts'
import type { TrainItem } from '../models/model-pool.ts'
import type { Choice, ModelSpec } from '../models/model-spec.ts'
import { chooseCandidate, type Judgement, rankCandidates } from '../models/search/choose-candidate.ts'
import type { Holdout, Trial } from '../models/search/judge-candidate.ts'
import { type Candidate, drawCandidates, gridOf } from '../models/search/search-space.ts'
import type { JobContext } from './job.ts'
import { searchSpaceOf } from './search-space-of.ts'

const DAY = 86_400_000
/** Candidates are compared on one stretch, and the best of them once more on the next, which none was chosen by. */
const COMPARED: Holdout = { from: 0.6, to: 0.8 }
const VALIDATED: Holdout = { from: 0.8, to: 1 }
const FINALISTS = 3

/**
 * How the metrics of a batch are to be judged: as its settings say or, where it has a search, by what that finds to be better on points that nothing was
 * fitted to. What was found holds for some days, and stands in the bundle. `load` gets the metrics to compare on.
 */
export async function chooseModels(
  context: JobContext,
  spec: ModelSpec,
  load: () => Promise<readonly TrainItem[]>,
): Promise<ModelSpec> {
  const { batch, clock, logger } = context
  const { model_search: search } = batch.settings
  if (search.method === 'none') return spec
  const settings = fingerprint(batch.settings)
  const before = (await context.models.latest(batch.name))?.spec
  if (before?.choice?.settings === settings && clock.now() < before.choice.at + search.every_days * DAY) {
    const { detectors, combination, preprocess, choice } = before
    return { ...spec, detectors, combination, preprocess, choice }
  }
  const items = await load()
  const chosen = await context.step(
    'search models',
    () => searchModels(context, spec, items),
    ({ trials, metrics, precision, precisionBefore, candidate }) => ({
      trials,
      metrics,
      precision,
      precisionBefore,
      changed: candidate === undefined ? 0 : 1,
    }),
  )
  const { candidate, ...found } = chosen
  if (candidate !== undefined)
    logger.log(
      'info',
      `batch "${batch.name}" is judged by ${candidate.detectors.map(({ name }) => name).join(' and ')} from now on: average precision ${found.precision.toFixed(3)} instead of ${found.precisionBefore.toFixed(3)}`,
    )
  const choice: Choice = { ...found, at: clock.now(), settings }
  return { ...spec, ...candidate, choice }
}

/** Changes with everything that the outcome of a search depends on, but for the data. */
function fingerprint(settings: BatchSettings): string {
  const { model_search, model_configs, model_combination_method, preprocess_params } = settings
  return createHash('sha256')
    .update(JSON.stringify([model_search, model_configs, model_combination_method, preprocess_params]))
    .digest('hex')
    .slice(0, 16)
}

interface Found {
  readonly trials: number
  readonly metrics: number
  /** Average precision on the last stretch, of what is used from now on and of what the settings say. */
  readonly precision: number
  readonly precisionBefore: number
  /** Undefined where what the settings say stays. */
  readonly candidate?: Candidate
}

async function searchModels(
  context: JobContext,
  spec: ModelSpec,
  items: readonly TrainItem[],
): Promise<Found> {
  const { batch, pool, signal } = context
  const { model_search: search } = batch.settings
  const trials = await withFeedback(context, sample(items, search.metrics))
  const configured: Candidate = {
    detectors: spec.detectors,
    preprocess: spec.preprocess,
    combination: spec.combination,
  }
  const space = searchSpaceOf(batch.settings)
  const others =
    search.method === 'grid'
      ? gridOf(space, spec, search.trials)
      : drawCandidates(space, spec, {
          count: search.trials,
          random: createRandom(hashText(`search:${batch.name}`)),
        })
  const candidates = [configured, ...others]
  const judge = async (chosen: readonly Candidate[], holdout: Holdout): Promise<readonly Judgement[]> => {
    const results = await pool.judge(spec, trials, { candidates: chosen, holdout, signal })
    return results.flatMap((result) => (result.status === 'judged' ? [result.judgement] : []))
  }
  const best = rankCandidates(await judge(candidates, COMPARED))
    .filter(({ candidate }) => candidate !== 0)
    .slice(0, FINALISTS)
  const finalists = [configured, ...best.map(({ candidate }) => candidates[candidate]!)]
  const validated = await judge(finalists, VALIDATED)
  const winner = chooseCandidate(validated, 0)
  const precisionOf = (index: number) =>
    rankCandidates(validated).find(({ candidate }) => candidate === index)?.mean ?? 0
  return {
    trials: others.length,
    metrics: trials.length,
    precision: precisionOf(winner),
    precisionBefore: precisionOf(0),
    ...(winner === 0 ? {} : { candidate: finalists[winner]! }),
  }
}

/** The same metrics each time, whatever order they come in. */
function sample(items: readonly TrainItem[], most: number): readonly TrainItem[] {
  return items.toSorted((a, b) => hashText(a.metric) - hashText(b.metric)).slice(0, most)
}

async function withFeedback(
  { batch, table, clock, signal }: JobContext,
  items: readonly TrainItem[],
): Promise<readonly Trial[]> {
  const { train_max_n, train_metric_timestamp_max_days_ago } = batch.settings
  const history = await table.history(
    {
      batch: batch.name,
      types: ['thumbsup', 'thumbsdown'],
      since: clock.now() - train_metric_timestamp_max_days_ago * DAY,
      maxPoints: train_max_n,
      metrics: items.map(({ metric }) => metric),
    },
    { signal },
  )
  return items.map(({ metric, series }) => {
    const said = (type: 'thumbsup' | 'thumbsdown') => history.get(metric)?.get(type)?.timestamps ?? []
    const feedback = new Map([
      ...Array.from(said('thumbsdown'), (timestamp) => [timestamp, false] as const),
      ...Array.from(said('thumbsup'), (timestamp) => [timestamp, true] as const),
    ])
    return { metric, series, feedback }
  })
}
