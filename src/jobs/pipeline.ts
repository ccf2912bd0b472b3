import { nextCronTick } from '../core/cron.ts'
import { alert } from './alert.ts'
import { change } from './change.ts'
import { collectFailures } from './failures.ts'
import { ingest } from './ingest.ts'
import type { Job, JobContext } from './job.ts'
import { score } from './score.ts'
import { train } from './train.ts'

/** The stages in their order, each with the key that switches it off. */
const STAGES = [
  { job: ingest, disabledBy: 'disable_ingest' },
  { job: train, disabledBy: 'disable_train' },
  { job: score, disabledBy: 'disable_score' },
  { job: alert, disabledBy: 'disable_alert' },
  { job: change, disabledBy: 'disable_change' },
] as const

export const pipeline: Job = {
  name: 'pipeline',
  summary:
    'Ingest, train if due, score, alert and change, in this order; a stage that fails does not stop those after it. A run that resumes another begins with the first stage that had not completed.',
  async run(context) {
    const { settings } = context.batch
    const failures = collectFailures(context.logger, context.signal)
    let resuming = true
    for (const { job: stage, disabledBy } of STAGES) {
      if (settings[disabledBy]) continue
      // What comes after a stage is done again when that stage is: it works on what the stage gives.
      if (resuming && context.completed.has(stage.name)) {
        await context.step(
          stage.name,
          () => Promise.resolve(),
          () => ({ completed: 'before' }),
        )
        continue
      }
      if (stage === train && !(await isTrainingDue(context))) continue
      resuming = false
      await failures.attempt({ batch: context.batch.name }, () =>
        context.step(stage.name, () => stage.run(within(context, stage.name))),
      )
    }
    failures.throwIfAny()
  },
}

/** Training is due when there is no model, or when the train schedule has had a tick since the last training. */
async function isTrainingDue(context: JobContext): Promise<boolean> {
  const trained = await context.models.lastTrained(context.batch.name)
  if (trained === undefined) return true
  const { train_cron_schedule, time_zone } = context.batch.settings
  const next = nextCronTick({ cron: train_cron_schedule, timeZone: time_zone }, trained)
  return next !== undefined && next <= context.clock.now()
}

/** The same context with the stage's name before the names of its steps. */
function within(context: JobContext, stage: string): JobContext {
  return { ...context, step: (name, work, note) => context.step(`${stage}/${name}`, work, note) }
}
