import type { HandedOver } from '../control/control.ts'
import { systemClock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { QueueName } from '../core/queues.ts'
import type { Run } from '../runs/run.ts'
import { type DbosMember, type DbosRuntime, joinDbos } from './dbos-runtime.ts'
import type { Orchestrator } from './orchestrator.ts'
import { createRunEngine, type RunEngineOptions, type Starter, type StarterTools } from './run-engine.ts'

export interface DbosOrchestratorOptions extends RunEngineOptions {
  /** Of the PostgreSQL database that holds the control database as well. */
  readonly url: string
  /** How often the queues are looked at, in real ms. */
  readonly queuePollMs?: number
  /** How often it is looked for hand-overs that came to nothing, in real ms. */
  readonly sweepMs?: number
  /** How long DBOS keeps its record of a workflow that has ended, in real ms; runs are on record in the control database. */
  readonly ticketsKeptMs?: number
}

/** Runs handed over at once. */
const BITE = 100
/** How long a ticket is good for more runs, so that short ones need not wait for the next look at the queue; where DBOS limits the rate of starts, it is good for one. */
const TICKET_MS = 1_000
/** Records of workflows deleted at once. */
const PRUNE_BITE = 1_000

/**
 * An orchestrator whose runs are started by DBOS workflows and queues on PostgreSQL, in whichever process has room. For each run that may start a workflow is
 * queued. It is a ticket rather than the run: once it is its turn it takes the most urgent of the runs that were handed over, one after the other for a while, so that these start by priority
 * and age however DBOS orders its workflows. The record in the control database stays the truth: who executes a run claims it there, and only one can.
 */
export function createDbosOrchestrator(options: DbosOrchestratorOptions): Orchestrator {
  return createRunEngine(options, (tools) => createHandingOver(options, tools))
}

const workflowIdOf = ({ run, handover }: HandedOver) => `${run.id}.${handover}`
const runIdOf = (workflowId: string) => workflowId.slice(0, workflowId.lastIndexOf('.'))

function createHandingOver(options: DbosOrchestratorOptions, tools: StarterTools): Starter {
  const { clock, logger, url, queuePollMs = 100, sweepMs = 2_000, queues = new Map() } = options
  const { ticketsKeptMs = 3_600_000 } = options
  const { resources = () => new Map() } = options
  const { runs } = options.control
  const { executor, jobs, execute } = tools
  let runtime: DbosRuntime | undefined
  let member: DbosMember | undefined
  let handing: Promise<void> | undefined
  let handAgain = false
  let sweeping: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let leaving: Promise<void> = Promise.resolve()
  /** Hand-overs that had not started at the last look. */
  let waiting: ReadonlySet<string> = new Set()
  let pruneAt = 0

  const inBackground = (what: string, work: Promise<void>) =>
    work.catch((error: unknown) => logger.log('error', what, { problem: messageOf(error) }))

  function wake(): void {
    if (runtime === undefined || member === undefined) return
    handAgain = true
    handing ??= inBackground('runs could not be handed over', handOver(runtime)).finally(() => {
      handing = undefined
      if (handAgain) wake()
    })
  }

  async function handOver(to: DbosRuntime): Promise<void> {
    while (handAgain) {
      handAgain = false
      const ready = await runs.dispatch({
        jobs: jobs(),
        now: clock.now(),
        limit: BITE,
        resources: resources(),
      })
      if (ready.length === BITE) handAgain = true
      await Promise.all(ready.map((one) => start(to, one)))
    }
  }

  const start = (to: DbosRuntime, one: HandedOver) =>
    to.start({
      workflowId: workflowIdOf(one),
      runId: one.run.id,
      queue: one.run.queue,
      priority: one.run.priority ?? 0,
    })

  const claimNext = async (queue: QueueName): Promise<Run | undefined> =>
    member && runs.claimDispatched({ queue, jobs: jobs(), executor: executor.id, now: clock.now() })

  /** Executes the next runs of the queue, if there are any that may start: what the ticket was made for may have been canceled, or run already. */
  async function executeNext(runId: string, queue: QueueName): Promise<void> {
    const until = systemClock.now() + (queues.get(queue)?.rate === undefined ? TICKET_MS : 0)
    try {
      let claimed = await claimNext(queue)
      if (claimed === undefined) await runs.takeBack(runId)
      while (claimed !== undefined) {
        await execute(claimed)
        claimed = systemClock.now() < until ? await claimNext(queue) : undefined
      }
    } catch (error) {
      logger.log('error', 'a run that was handed over could not be started', {
        run: runId,
        problem: messageOf(error),
      })
    }
  }

  /** Looks for what others left behind: workflows of executors that died, and hand-overs that came to nothing. */
  async function sweep(from: DbosRuntime): Promise<void> {
    const living = new Set((await runs.executors()).map(({ id }) => id))
    const orphans = (await from.pending()).filter((workflow) => !living.has(workflow.executor))
    await from.cancel(orphans.map(({ workflowId }) => workflowId))
    for (const { workflowId } of orphans) await runs.takeBack(runIdOf(workflowId))

    const handed = await runs.dispatched(BITE)
    const overdue = handed.filter((one) => waiting.has(workflowIdOf(one)))
    waiting = new Set(handed.map(workflowIdOf))
    if (overdue.length > 0) {
      const states = await from.states(overdue.map(workflowIdOf))
      for (const one of overdue) {
        const state = states.get(workflowIdOf(one))
        // Its ticket was spent on another run, and that one's may be lost: a ticket too many does no harm, one too few does.
        const lost = state === 'used' ? await runs.handAgain(one.run.id) : state && one
        if (lost !== undefined) await start(from, lost)
      }
    }
    await prune(from)
    wake()
  }

  async function prune(from: DbosRuntime): Promise<void> {
    const now = systemClock.now()
    if (now < pruneAt) return
    pruneAt = now + ticketsKeptMs / 60
    while ((await from.prune(now - ticketsKeptMs, PRUNE_BITE)) === PRUNE_BITE && runtime === from);
  }

  function sweepInBackground(): void {
    if (runtime === undefined) return
    sweeping ??= inBackground(
      'what other processes left behind could not be looked for',
      sweep(runtime),
    ).finally(() => {
      sweeping = undefined
    })
  }

  return {
    async start({ concurrency, queues: served }) {
      const joined: DbosMember = { queues: served, execute: executeNext }
      member = joined
      runtime = await joinDbos(joined, { url, executor, logger, concurrency, queues, pollMs: queuePollMs })
      timer = setInterval(sweepInBackground, sweepMs)
      sweepInBackground()
      wake()
    },
    wake,
    async close() {
      clearInterval(timer)
      await handing
      await sweeping
      const left = member
      member = undefined
      if (runtime !== undefined && left !== undefined) leaving = runtime.leave(left)
      runtime = undefined
    },
    ended: () => leaving,
  }
}
