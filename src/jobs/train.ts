import { weekdayExceptions } from '../config/calendar-effects.ts'
import type { ModelSpec } from '../models/model-spec.ts'
import type { Trained } from '../models/model-store.ts'
import { chooseModels } from './choose-models.ts'
import { collectFailures, type Failures } from './failures.ts'
import { inParts, listMetrics, metricsOf, type Part, partOf, partsFor, someMetrics } from './fan-out.ts'
import { fitMetrics } from './fit-metrics.ts'
import type { Job, JobContext } from './job.ts'
import { keepModels } from './keep-models.ts'
import { modelSpecOf } from './model-spec-of.ts'
import { mayKeep, modelsToKeep } from './models-to-keep.ts'
import { paramsOfParts, specOfPart } from './part-spec.ts'
import { loadTrainingItems, oldestLearned } from './training-items.ts'

export const train: Job = {
  name: 'train',
  summary:
    'Fits the detectors of each metric to its history and publishes them as a new version of the batch’s model bundle; models that learn point by point are fitted anew once a day, or when somebody asks for it.',
  async run(context) {
    const failures = collectFailures(context.logger, context.signal)
    const part = partOf(context)
    const parts = part === undefined ? await partsFor(context, 'train_sql', oldestLearned(context)) : 1
    if (part !== undefined) await trainPart(context, failures, part)
    else if (parts > 1) await trainParts(context, failures, parts)
    else await trainWhole(context, failures)
    failures.throwIfAny()
  },
}

async function trainWhole(context: JobContext, failures: Failures): Promise<void> {
  const { batch, models, clock } = context
  const spec = await chooseModels(context, modelSpecOf(batch.settings, weekdayExceptions(batch)), () =>
    loadTrainingItems(context, failures, { purpose: 'search' }),
  )
  const { results, isChanged } = await trainMetrics(context, failures, { spec })
  if (!isChanged) await confirm(context, failures)
  else if (results.some(({ status }) => status === 'fitted'))
    await context.step(
      'publish',
      () => models.publish(batch.name, { spec, created: clock.now(), results }),
      (version) => ({ version }),
    )
}

/** Has its parts trained by runs of their own. */
async function trainParts(context: JobContext, failures: Failures, of: number): Promise<void> {
  const { batch, models, clock } = context
  const spec = await chooseModels(
    context,
    modelSpecOf(batch.settings, weekdayExceptions(batch)),
    async () => {
      const metrics = await someMetrics(context, batch.settings.model_search.metrics, oldestLearned(context))
      return loadTrainingItems(context, failures, { purpose: 'search', metrics })
    },
  )
  const isKeeping = mayKeep(context, spec)
  const params = { ...paramsOfParts(spec), ...(isKeeping ? { keep_learned: true } : {}) }
  await inParts(context, { job: 'train', of, failures, params })
  const written = { group: context.run.id, of }
  const missing = await models.missingParts(batch.name, written)
  if (isKeeping && missing.length === of) return confirm(context, failures)
  await keepModels(context, { ...written, spec, missing }, failures)
  await context.step(
    'publish',
    () => models.publishParts(batch.name, { ...written, spec, created: clock.now() }),
    (version) => ({ version: version ?? null }),
  )
}

/** A part that has nothing to change is not written: should others have, the whole keeps the models that are in use for it. */
async function trainPart(context: JobContext, failures: Failures, part: Part): Promise<void> {
  const { batch, models, clock } = context
  const spec = specOfPart(context)
  const metrics = await metricsOf(context, part, oldestLearned(context))
  const { results, isChanged } = await trainMetrics(context, failures, { spec, metrics })
  if (isChanged)
    await context.step('write part', () =>
      models.writePart(batch.name, part, { spec, created: clock.now(), results }),
    )
}

interface Training {
  /** With the models that go on as they are. */
  readonly results: Trained['results']
  /** Whether they are others than those in use. */
  readonly isChanged: boolean
}

async function trainMetrics(
  context: JobContext,
  failures: Failures,
  { spec, metrics }: { readonly spec: ModelSpec; readonly metrics?: readonly string[] },
): Promise<Training> {
  if (!mayKeep(context, spec)) {
    const only = metrics === undefined ? {} : { metrics }
    const items = await loadTrainingItems(context, failures, { purpose: 'fit', ...only })
    return { results: await fitMetrics(context, failures, { spec, items }), isChanged: true }
  }
  const since = oldestLearned(context)
  const { kept, others, inUse } = await modelsToKeep(context, {
    spec,
    since,
    metrics: metrics ?? (await listMetrics(context, since)),
  })
  const items = await loadTrainingItems(context, failures, { purpose: 'fit', metrics: others })
  const results = await fitMetrics(context, failures, { spec, items })
  return {
    results: [...kept, ...results],
    isChanged: results.some(({ status, metric }) => status === 'fitted' || inUse.has(metric)),
  }
}

/** A training that has found nothing to change has been one. */
async function confirm(context: JobContext, failures: Failures): Promise<void> {
  failures.throwIfAny()
  const { batch, models, clock, logger } = context
  const version = await context.step(
    'keep version',
    () => models.confirm(batch.name, clock.now()),
    (inUse) => ({ version: inUse ?? null }),
  )
  if (version !== undefined)
    logger.log('info', `nothing had to be fitted: version ${version} of the models stays in use`)
}
