import type { Batch } from '../config/project.ts'
import { locate } from '../core/errors.ts'
import { collectFailures } from './failures.ts'
import type { ProjectJob, ProjectJobContext } from './job.ts'
import { readTotals, type Totals } from './metric-totals.ts'
import { type SummaryMessage, summaryMessage } from './summary-message.ts'

const DAY = 86_400_000
/** Failed runs that are counted. */
const MOST_RUNS = 1_000

export const summary: ProjectJob = {
  name: 'summary',
  summary:
    'Tells each channel what became of the metrics of its batches: values, scores, alerts, failed runs, what was not delivered, what is silent.',
  async run(context) {
    const batches = [...context.project.batches.values()].filter((batch) => isAbout(context, batch))
    if (batches.length === 0) return
    const failures = collectFailures(context.logger, context.signal)
    const problems: string[] = []
    const totals = await context.step(
      'count',
      () =>
        readTotals(context, batches, {
          ...failures,
          attempt: (at, part) =>
            failures.attempt(at, () =>
              part().catch((error: unknown) => {
                problems.push(context.redact(locate(error, at, 'JOB_FAILED').message))
                throw error
              }),
            ),
        }),
      ({ metrics, silent }) => ({ metrics: metrics.length, silent: silent.length }),
    )
    await context.step(
      'send',
      () => send(context, batches, { totals, problems }),
      (channels) => ({ channels }),
    )
    failures.throwIfAny()
  },
}

/** A schedule's run is about the batches that have that schedule; one that somebody asked for is about all. */
function isAbout({ run }: ProjectJobContext, { settings }: Batch): boolean {
  const { summary_cron_schedule: cron, time_zone: timeZone } = run.params ?? {}
  return (
    !settings.disable_summary &&
    (cron === undefined || cron === settings.summary_cron_schedule) &&
    (timeZone === undefined || timeZone === settings.time_zone)
  )
}

interface Found {
  readonly totals: Totals
  readonly problems: readonly string[]
}

/** Each channel is told of the batches that name it. Returns how many are told. */
async function send(context: ProjectJobContext, batches: readonly Batch[], found: Found): Promise<number> {
  await endEarlier(context)
  const batchesOf = new Map<string, Batch[]>()
  for (const batch of batches)
    for (const channel of context.channels(batch.settings.alert_methods))
      batchesOf.set(channel, [...(batchesOf.get(channel) ?? []), batch])
  if (batchesOf.size === 0)
    context.logger.log('warn', 'the summary goes nowhere: no channel of alert_methods is configured')
  for (const [channel, members] of batchesOf)
    await put(context, channel, await messageFor(context, members, found))
  context.deliver()
  return batchesOf.size
}

async function messageFor(
  context: ProjectJobContext,
  members: readonly Batch[],
  { totals, problems }: Found,
): Promise<SummaryMessage> {
  const { control, clock } = context
  const names = new Set(members.map(({ name }) => name))
  const days = Math.max(...members.map(({ settings }) => settings.summary_metric_timestamp_max_days_ago))
  const after = { at: clock.now() - days * DAY, id: '' }
  const failed = await control.runs.failedSince({ after, limit: MOST_RUNS })
  const standings = await control.alerts.standings(
    members.flatMap(({ name, settings }) =>
      context.channels(settings.alert_methods).map((channel) => ({ batch: name, channel })),
    ),
  )
  return summaryMessage({
    now: clock.now(),
    batches: [...names],
    metrics: totals.metrics.filter(({ batch }) => names.has(batch)),
    silent: totals.silent.filter(({ batch }) => names.has(batch)),
    failedRuns: failed.filter(({ batch }) => batch === undefined || names.has(batch)).toReversed(),
    standings,
    problems,
  })
}

/** On record, with its delivery, at once: however often the run starts again, a channel is told once. */
async function put(
  context: ProjectJobContext,
  channel: string,
  { title, text, details }: SummaryMessage,
): Promise<void> {
  const { control, clock, run } = context
  const since = run.scheduledFor ?? run.queuedAt
  const notice = await control.notices.open(
    {
      kind: 'summary',
      subject: subjectOf(context, since, channel),
      since,
      title: context.redact(title),
      text: context.redact(text),
      link: '/',
      details,
    },
    { now: clock.now(), channels: [channel] },
  )
  if (notice !== undefined) await control.notices.resolve(notice.id, { now: clock.now(), channels: [] })
}

/** Two schedules may have a tick at one time, and are told of to one channel. */
function subjectOf({ run }: ProjectJobContext, since: number, channel: string): string {
  const { summary_cron_schedule: cron, time_zone: timeZone } = run.params ?? {}
  const schedule = [cron, timeZone].filter((part) => typeof part === 'string')
  return ['summary', new Date(since).toISOString(), channel, ...schedule].join(' ')
}

/** A summary is over once it has been told of; a run may have died before it said so. */
async function endEarlier({ control, clock }: ProjectJobContext): Promise<void> {
  for (const { id } of await control.notices.opened('summary'))
    await control.notices.resolve(id, { now: clock.now(), channels: [] })
}
