import { AnomstackError } from '../core/errors.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { ScoreItem, ScoreResult } from '../models/model-pool.ts'
import type { StoredBundle } from '../models/model-store.ts'
import { collectFailures, type Failures } from './failures.ts'
import { inParts, metricsOf, partOf, partsFor } from './fan-out.ts'
import { type Candidate, findUnscored, usualReach } from './find-unscored.ts'
import type { Job, JobContext } from './job.ts'
import { ownFeatures } from './own-features.ts'
import { type Reach, widerReaches } from './reach.ts'
import { REASON_FROM, scoreRows } from './score-rows.ts'
import { withPython } from './with-python.ts'

const DAY = 86_400_000

export const score: Job = {
  name: 'score',
  summary:
    'Scores the points that have no score yet, or whose value was restated, with the batch’s models; these learn from them where the batch says so.',
  async run(context) {
    const { batch, logger } = context
    const failures = collectFailures(logger, context.signal)
    await context.step('prepare table', () => context.table.ensure())
    const part = partOf(context)
    const oldest = context.clock.now() - batch.settings.score_metric_timestamp_max_days_ago * DAY
    const parts = part === undefined ? await partsFor(context, 'score_sql', oldest) : 1
    const bundle = await context.models.latest(batch.name)
    if (bundle === undefined) {
      logger.log('info', `batch "${batch.name}" is learning: it has no models yet`)
      return
    }
    const reach = usualReach(context, bundle.spec)
    if (part !== undefined)
      await scoreWithin(
        context,
        bundle,
        { ...reach, metrics: await metricsOf(context, part, oldest) },
        failures,
      )
    else if (parts > 1) await inParts(context, { job: 'score', of: parts, failures })
    else await scoreWithin(context, bundle, reach, failures)
    // Whoever switches alerts off does not want them later, when they are switched on.
    if (batch.settings.disable_alert && part === undefined)
      await context.alerts.saveLook(batch.name, context.clock.now())
    failures.throwIfAny()
  },
}

async function scoreWithin(
  context: JobContext,
  bundle: StoredBundle,
  reach: Reach,
  failures: Failures,
): Promise<void> {
  const { candidates, behind, since } = await context.step(
    'find unscored',
    () => findUnscored(context, bundle, reach),
    (found) => ({
      metrics: found.candidates.length,
      points: total(found.candidates),
      ...(found.behind.length === 0 ? {} : { behind: found.behind.length }),
    }),
  )
  if (candidates.length > 0) await scoreCandidates(context, bundle, candidates, failures)
  const { points } = reach
  for (const wider of widerReaches(behind, since === undefined ? { points } : { points, since }))
    await scoreWithin(context, bundle, wider, failures)
}

async function scoreCandidates(
  context: JobContext,
  bundle: StoredBundle,
  candidates: readonly Candidate[],
  failures: Failures,
): Promise<void> {
  const { batch, signal } = context
  const items = await context.step(
    'load models',
    () => withModels(context, bundle, candidates, failures),
    (loaded) => ({ models: loaded.length }),
  )
  const scored = await context.step(
    'score',
    () =>
      context.pool.score(withPython(bundle.spec, batch.settings), items, {
        signal,
        reasonsFrom: REASON_FROM,
      }),
    () => ({}),
  )
  const rows: MetricRow[] = []
  const scoredAt = await timeOfScoring(context)
  for (const result of scored) {
    if (result.status === 'failed') failures.add({ batch: batch.name, metric: result.metric }, result.error)
    else for (const row of scoreRows(batch.name, result.metric, result.scored, scoredAt)) rows.push(row)
  }
  await context.step(
    'write',
    () => context.table.upsert(rows, { signal }),
    (written) => ({ rows: written }),
  )
  await keepLearned(context, bundle, scored)
}

/** After the scores are written: whoever dies in between leaves models that learn from these points next time, and scores that stay as they are. */
async function keepLearned(
  { batch, models, step }: JobContext,
  bundle: StoredBundle,
  scored: readonly ScoreResult[],
): Promise<void> {
  const learned = scored.flatMap((result) =>
    result.status === 'scored' && result.learned !== undefined
      ? [{ metric: result.metric, learned: result.learned }]
      : [],
  )
  if (learned.length === 0) return
  await step(
    'keep learned',
    async () => {
      const entries = await bundle.entries(learned.map(({ metric }) => metric))
      const further = learned.flatMap(({ metric, learned: model }) => {
        const entry = entries.get(metric)
        return entry === undefined ? [] : [{ ...entry, ...model }]
      })
      await models.keepLearned(batch.name, bundle.version, further)
      return further.length
    },
    (kept) => ({ models: kept }),
  )
}

/** Later than the last look at the batch's scores even when the clock was set back, so that these are looked at. */
async function timeOfScoring({ alerts, batch, clock }: JobContext): Promise<number> {
  const lastLook = await alerts.lastLook(batch.name)
  return Math.max(clock.now(), (lastLook ?? Number.NEGATIVE_INFINITY) + 1)
}

const total = (candidates: readonly Candidate[]) =>
  candidates.reduce((sum, { wanted }) => sum + wanted.size, 0)

/** A metric without a model is learning and waits; a damaged model fails that metric alone. */
async function withModels(
  context: JobContext,
  bundle: StoredBundle,
  candidates: readonly Candidate[],
  failures: Failures,
): Promise<readonly ScoreItem[]> {
  const models = await bundle.read(candidates.map(({ metric }) => metric))
  const ready: (Candidate & { readonly model: Uint8Array })[] = []
  for (const candidate of candidates) {
    const model = models.get(candidate.metric)
    if (model === undefined)
      context.logger.log('info', `metric "${candidate.metric}" is learning: it has no model yet`)
    else if (model instanceof AnomstackError)
      failures.add({ batch: context.batch.name, metric: candidate.metric }, model)
    else ready.push({ ...candidate, model })
  }
  return ownFeatures(context, ready, failures)
}
