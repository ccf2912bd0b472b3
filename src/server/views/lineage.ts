import type { Batch } from '../../config/project.ts'
import type { ChannelStanding } from '../../control/control.ts'
import type { Run } from '../../runs/run.ts'
import { problemOf } from '../problem.ts'
import type { ServerServices } from '../services.ts'
import { freshnessOf, periodOf } from './freshness.ts'
import { groupBy } from './group-by.ts'
import { inParallel } from './in-parallel.ts'
import type {
  ChannelNode,
  Lineage,
  LineageNode,
  MetricsNode,
  ModelNode,
  ScoresNode,
} from './lineage-nodes.ts'
import { loadNewestPoints, type NewestPoint } from './newest-points.ts'
import { createStageSchedules, type Stage, type StageSchedule } from './stage-schedules.ts'

/** Jobs of which a stage is a part, besides its own. */
const JOBS_OF: Readonly<Record<Stage, readonly string[]>> = {
  ingest: ['ingest', 'pipeline', 'backfill'],
  train: ['train', 'pipeline', 'backfill'],
  score: ['score', 'pipeline', 'backfill'],
  alert: ['alert', 'pipeline'],
}
const JOBS = [...new Set(Object.values(JOBS_OF).flat())]
const AT_A_TIME = 8
/** A delivery that waits for longer than this is late, ms. */
const DELIVERY_PATIENCE = 600_000

interface Sources {
  readonly services: ServerServices
  readonly redact: (text: string) => string
}

/** What is known of a batch before its own table and models are looked at. */
interface Facts {
  readonly batch: Batch
  readonly runs: readonly Run[]
  readonly standings: readonly ChannelStanding[]
  readonly alert: Lineage['alerts']['newest']
  readonly scheduleOf: (stage: Stage) => StageSchedule | undefined
  readonly now: number
}

/** Where each batch's values come from and what becomes of them: a handful of queries of the control database for all batches together, and for each batch one of
 * its metrics table and one look at its models. What cannot be read is a problem of its node alone. */
export async function loadLineages(sources: Sources, batches: readonly Batch[]): Promise<readonly Lineage[]> {
  const { control, clock } = sources.services
  const names = batches.map(({ name }) => name)
  const [states, runs, alerts, standings] = await Promise.all([
    control.schedules.states(),
    control.runs.newest({ batches: names, jobs: JOBS, status: 'succeeded' }),
    control.alerts.newest(names),
    control.alerts.standings(
      batches.flatMap((batch) => channelsOf(batch).map((channel) => ({ batch: batch.name, channel }))),
    ),
  ])
  const scheduleOf = createStageSchedules(states)
  const runsOf = groupBy(runs, (run) => run.batch ?? '')
  const standingsOf = groupBy(standings, ({ batch }) => batch)
  const alertOf = new Map(alerts.map((alert) => [alert.batch, alert]))
  return inParallel(batches, AT_A_TIME, (batch) =>
    lineageOf(sources, {
      batch,
      runs: runsOf.get(batch.name) ?? [],
      standings: standingsOf.get(batch.name) ?? [],
      alert: alertOf.get(batch.name),
      scheduleOf: (stage) => scheduleOf(batch, stage),
      now: clock.now(),
    }),
  )
}

/** The lineage of one batch, with the version of its models. */
export async function loadLineage(sources: Sources, batch: Batch): Promise<Lineage> {
  const [[lineage], bundle] = await Promise.all([
    loadLineages(sources, [batch]),
    attempt(sources, () => sources.services.models(batch).latest(batch.name)),
  ])
  const { model } = lineage!
  if ('problem' in bundle) return { ...lineage!, model: { ...model, state: 'late', problem: bundle.problem } }
  if (bundle.value === undefined) return lineage!
  const { version, metrics } = bundle.value
  return { ...lineage!, model: { ...model, version, metrics } }
}

async function lineageOf(sources: Sources, facts: Facts): Promise<Lineage> {
  const { batch, alert } = facts
  const [points, model] = await Promise.all([
    attempt(sources, () => loadNewestPoints(sources.services, batch)),
    modelNode(sources, facts),
  ])
  return {
    batch: batch.name,
    source: {
      ...stageNode(facts, 'ingest'),
      sources: batch.sources.map(({ kind, file, metric }) => ({
        kind,
        file,
        ...(metric === undefined ? {} : { metric }),
      })),
    },
    metrics: metricsNode(facts, points),
    model,
    scores: scoresNode(facts, points),
    alerts: { ...stageNode(facts, 'alert'), ...(alert === undefined ? {} : { newest: alert }) },
    channels: channelNodes(sources.services, facts),
  }
}

type Attempt<Value> = { readonly value: Value } | { readonly problem: string }

async function attempt<Value>({ redact }: Sources, work: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await work() }
  } catch (error) {
    return { problem: problemOf(error, redact).detail }
  }
}

/** The newest run that brought a stage about. */
function lastRun({ runs }: Facts, stage: Stage): Run | undefined {
  return runs
    .filter(({ job }) => JOBS_OF[stage].includes(job))
    .reduce<Run | undefined>(
      (newest, run) => (newest === undefined || run.id > newest.id ? run : newest),
      undefined,
    )
}

function stageNode(facts: Facts, stage: Stage): LineageNode {
  const run = lastRun(facts, stage)
  if (run?.startedAt === undefined || run.endedAt === undefined)
    return { state: freshnessOf(facts.scheduleOf(stage), undefined, facts.now) }
  const last = { at: run.scheduledFor ?? run.startedAt, tookMs: run.endedAt - run.startedAt }
  return {
    state: freshnessOf(facts.scheduleOf(stage), last, facts.now),
    last: { at: run.endedAt, run: run.id },
  }
}

function metricsNode(facts: Facts, points: Attempt<readonly NewestPoint[]>): MetricsNode {
  const node = stageNode(facts, 'ingest')
  if ('problem' in points)
    return { ...node, state: 'late', problem: points.problem, count: 0, late: 0, metrics: [] }
  const schedule = facts.scheduleOf('ingest')
  const period = (schedule && periodOf(schedule, facts.now)) ?? 0
  const metrics = points.value.map(({ name, newest, newestScore, patienceMs }) => ({
    name,
    newest,
    ...(newestScore === undefined ? {} : { newestScore }),
    state: newest + patienceMs + period < facts.now ? ('late' as const) : ('fresh' as const),
  }))
  const late = metrics.filter(({ state }) => state === 'late').length
  const newest = metrics.reduce<number | undefined>(
    (latest, metric) => (latest === undefined ? metric.newest : Math.max(latest, metric.newest)),
    undefined,
  )
  const state = metrics.length === 0 ? 'never' : late === metrics.length ? 'late' : 'fresh'
  return {
    ...node,
    // Metrics that end are nothing to worry about while others go on.
    state: schedule === undefined ? 'off' : state,
    count: metrics.length,
    late,
    ...(newest === undefined ? {} : { newest }),
    metrics,
  }
}

function scoresNode(facts: Facts, points: Attempt<readonly NewestPoint[]>): ScoresNode {
  const node = stageNode(facts, 'score')
  if ('problem' in points) return { ...node, state: 'late', problem: points.problem, unscored: 0 }
  const scored = points.value.flatMap(({ newestScore }) => (newestScore === undefined ? [] : [newestScore]))
  const unscored = points.value.length - scored.length
  const [newest, newestValue] = [maximum(scored), maximum(points.value.map((point) => point.newest))]
  if (newest === undefined) return { ...node, state: node.state === 'off' ? 'off' : 'never', unscored }
  return { ...node, newest, behindMs: Math.max(0, (newestValue ?? newest) - newest), unscored }
}

const maximum = (times: readonly number[]): number | undefined =>
  times.reduce<number | undefined>(
    (most, time) => (most === undefined || time > most ? time : most),
    undefined,
  )

async function modelNode(sources: Sources, facts: Facts): Promise<ModelNode> {
  const { batch, now } = facts
  const schedule = facts.scheduleOf('train')
  const trained = await attempt(sources, () => sources.services.models(batch).lastTrained(batch.name))
  if ('problem' in trained) return { state: 'late', problem: trained.problem }
  const at = trained.value
  if (at === undefined) return { state: freshnessOf(schedule, undefined, now) }
  // Only the newest runs are known; the model may be of an earlier one.
  const run = facts.runs.find(
    ({ job, startedAt, endedAt }) =>
      JOBS_OF.train.includes(job) && (startedAt ?? at + 1) <= at && at <= (endedAt ?? at - 1),
  )
  const last = { at, ...(run === undefined ? {} : { run: run.id }) }
  return { state: freshnessOf(schedule, { at }, now), last, ageMs: Math.max(0, now - at) }
}

/** Channels that alerts of the batch go to, as its file names them. */
function channelsOf({ settings }: Batch): readonly string[] {
  return [...new Set(settings.alert_methods.split(',').map((name) => name.trim()))].filter(
    (name) => name !== '',
  )
}

function channelNodes({ project }: ServerServices, { batch, standings, now }: Facts): readonly ChannelNode[] {
  const { channels } = project()
  const named = channelsOf(batch)
  const others = standings.map(({ channel }) => channel).filter((channel) => !named.includes(channel))
  return [...named, ...others].map((name) => {
    const configured = channels.get(name)?.configured === true
    const standing = standings.find(({ channel }) => channel === name)
    return {
      name,
      configured,
      state: channelState({ ...standing, configured }, now),
      ...(standing?.deliveredAt === undefined ? {} : { last: { at: standing.deliveredAt } }),
      pending: standing?.pending ?? 0,
      dead: standing?.dead ?? 0,
    }
  })
}

function channelState(
  standing: Partial<ChannelStanding> & { readonly configured: boolean },
  now: number,
): LineageNode['state'] {
  const { configured, deliveredAt, pendingSince, deadSince } = standing
  if (pendingSince !== undefined && pendingSince + DELIVERY_PATIENCE < now) return 'late'
  if (deadSince !== undefined && deadSince > (deliveredAt ?? Number.NEGATIVE_INFINITY)) return 'late'
  if (!configured) return 'off'
  return deliveredAt === undefined ? 'never' : 'fresh'
}
