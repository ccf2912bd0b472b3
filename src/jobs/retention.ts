import { collectFailures, type Failures } from './failures.ts'
import type { ProjectJob, ProjectJobContext } from './job.ts'

const DAY = 86_400_000
/** Alerts stay; what is forgotten of those older than this is to whom they were delivered. Notices are forgotten whole. */
const DELIVERIES_KEPT = 365 * DAY
/** Under this name a note says when a batch's models were last those of a batch of the project. */
const MODELS_OF = 'models-of:'

export const retention: ProjectJob = {
  name: 'retention',
  summary:
    'Deletes old records of runs, steps, logs, ticks, deliveries and notices, models beyond those that are kept, and models of batches that left the project long ago.',
  async run(context) {
    const { control, clock, logger, signal, project } = context
    const { retentionMs, retentionRuns } = project.server
    const failures = collectFailures(logger, signal)
    const now = clock.now()
    const part = (name: string, work: () => Promise<number>) =>
      failures.attempt({}, async () => {
        await context.step(name, work)
      })
    await part('runs by age', () => control.runs.prune({ before: now - retentionMs, keep: 0 }))
    await part('runs by count', () => control.runs.prune({ before: now, keep: retentionRuns }))
    await part('ticks', () => control.schedules.pruneTicks(now - retentionMs))
    await part('deliveries', () => control.alerts.pruneDeliveries(now - DELIVERIES_KEPT))
    await part('notices', () => control.notices.prune(now - DELIVERIES_KEPT))
    await part('old models', () => pruneModels(context, failures))
    await part('models of batches that left', () => removeLeftModels(context, failures))
    failures.throwIfAny()
  },
}

/** Also says of each batch that it is in the project. */
async function pruneModels(context: ProjectJobContext, failures: Failures): Promise<number> {
  const { control, clock, signal, project } = context
  let versions = 0
  for (const { name, settings } of project.batches.values()) {
    signal.throwIfAborted()
    await failures.attempt({ batch: name }, async () => {
      await control.notes.set(noteOf(name, settings.model_path), clock.now(), clock.now())
      versions += await context.models(settings.model_path).prune(name)
    })
  }
  return versions
}

/** Only what this project has noted as its own: others may keep their models in the same place. */
async function removeLeftModels(context: ProjectJobContext, failures: Failures): Promise<number> {
  const { control, clock, logger, signal, project } = context
  const faulty = new Set(project.faults.map(({ batch }) => batch))
  let removed = 0
  for (const [note, seenAt] of await control.notes.list(MODELS_OF)) {
    signal.throwIfAborted()
    const { batch, modelPath } = ownerOf(note)
    const inUse = project.batches.get(batch)?.settings.model_path === modelPath
    // A batch whose file has a fault has not left.
    if (inUse || faulty.has(batch) || Number(seenAt) >= clock.now() - project.server.retentionMs) continue
    await failures.attempt({ batch }, async () => {
      removed += await context.models(modelPath).remove(batch)
      await control.notes.remove(note)
      logger.log('info', 'models of a batch that left the project were deleted', { batch, modelPath })
    })
  }
  return removed
}

const noteOf = (batch: string, modelPath: string) => `${MODELS_OF}${JSON.stringify([batch, modelPath])}`

function ownerOf(note: string): { readonly batch: string; readonly modelPath: string } {
  const [batch, modelPath] = JSON.parse(note.slice(MODELS_OF.length)) as [string, string]
  return { batch, modelPath }
}
