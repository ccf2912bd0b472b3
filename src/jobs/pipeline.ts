import { Cron } from 'croner'
import { alert } from './alert.ts'
import { change } from './change.ts'
import { collectFailures } from './failures.ts'
import { ingest } from './ingest.ts'
import type { Job, JobContext } from './job.ts'
import { score } from './score.ts'
import { train } from './train.ts'

export const pipeline: Job = {
  name: 'pipeline',
  summary:
    'Ingest, train if due, score, alert and change, in this order; a stage that fails does not stop those after it.',
  async run(context) {
    const { settings } = context.batch
    const failures = collectFailures(context.logger, context.signal)
    for (const stage of [ingest, train, score, alert, change]) {
      if (isDisabled(stage, settings)) continue
      if (stage === train && !(await isTrainingDue(context))) continue
      await failures.attempt({ batch: context.batch.name }, () => stage.run(within(context, stage.name)))
    }
    failures.throwIfAny()
  },
}

function isDisabled(stage: Job, settings: JobContext['batch']['settings']): boolean {
  switch (stage.name) {
    case 'ingest':
      return settings.disable_ingest
    case 'train':
      return settings.disable_train
    case 'score':
      return settings.disable_score
    case 'alert':
      return settings.disable_alert
    case 'change':
      return settings.disable_change
    default:
      return false
  }
}

/** Training is due when there is no model, or when the train schedule has had a tick since the one in use was made. */
async function isTrainingDue(context: JobContext): Promise<boolean> {
  const created = await context.models.latestCreated(context.batch.name)
  if (created === undefined) return true
  const { train_cron_schedule, time_zone } = context.batch.settings
  const next = new Cron(train_cron_schedule, { timezone: time_zone, paused: true }).nextRun(new Date(created))
  return next !== null && next.getTime() <= context.clock.now()
}

/** The same context with the stage's name before the names of its steps. */
function within(context: JobContext, stage: string): JobContext {
  return { ...context, step: (name, work, note) => context.step(`${stage}/${name}`, work, note) }
}
