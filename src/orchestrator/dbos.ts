import type { HandedOver } from '../control/control.ts'
import { messageOf } from '../core/errors.ts'
import type { QueueName } from '../core/queues.ts'
import type { Run } from '../runs/run.ts'
import { type DbosMember, type DbosRuntime, joinDbos, placesOf } from './dbos-runtime.ts'
import { createSweep, workflowIdOf } from './dbos-sweep.ts'
import { createTickets } from './dbos-tickets.ts'
import type { Orchestrator } from './orchestrator.ts'
import { createRepeated } from './repeated.ts'
import { createRunEngine, type RunEngineOptions } from './run-engine.ts'
import type { Starter, StarterTools } from './starter.ts'

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

/** How long a ticket stays without a run; where DBOS limits the rate of starts, it is good for one run. */
const STAYS_MS = 1_000

/**
 * An orchestrator whose runs are started by DBOS workflows and queues on PostgreSQL, in whichever process has room. For a run that may start, and for which there is no
 * ticket in this process, a workflow is queued. It is a ticket rather than the run: once it is its turn it takes the most urgent runs of its queue, one after the other, so that these
 * start by priority and age however DBOS orders its workflows. The record in the control database stays the truth: who executes a run claims it there, and only one can.
 */
export function createDbosOrchestrator(options: DbosOrchestratorOptions): Orchestrator {
  return createRunEngine(options, (tools) => createHandingOver(options, tools))
}

function createHandingOver(options: DbosOrchestratorOptions, tools: StarterTools): Starter {
  const { clock, logger, url, queuePollMs = 100, sweepMs = 2_000, queues = new Map() } = options
  const { resources = () => new Map(), ticketsKeptMs = 3_600_000 } = options
  const { runs } = options.control
  const { executor, jobs, execute, announce } = tools
  let runtime: DbosRuntime | undefined
  let member: DbosMember | undefined
  let served: readonly QueueName[] = []
  let most = 0
  let timer: NodeJS.Timeout | undefined
  let leaving: Promise<void> = Promise.resolve()

  const logged = (what: string) => (error: unknown) =>
    logger.log('error', what, { problem: messageOf(error) })
  const seeking = createRepeated(seek, logged('the queue of runs could not be read'))
  const handing = createRepeated(handOver, logged('runs could not be handed over'))
  const sweeping = createRepeated(
    sweepOnce,
    logged('what other processes left behind could not be looked for'),
  )
  const sweep = createSweep({ runs, ticketsKeptMs, start, goesOn: (one) => runtime === one })
  const tickets = createTickets({
    staysMs: (queue) => (queues.get(queue)?.rate === undefined ? STAYS_MS : 0),
    claim,
    execute,
    onWaiting: wake,
  })

  function wake(): void {
    if (runtime !== undefined) seeking.ask()
  }

  async function seek(): Promise<void> {
    const isLeft = await tickets.seek()
    handing.ask()
    const isFull = served.some((queue) => placesIn(queue) <= 0)
    if (isLeft && isFull) announce()
  }

  const placesIn = (queue: QueueName) => placesOf(queues.get(queue) ?? {}, most) - tickets.count(queue)

  function claim(wanted: ReadonlyMap<QueueName, number>): Promise<readonly Run[]> {
    const rooms = [...wanted].map(([queue, room]) => ({ queue, room }))
    const limit = rooms.reduce((sum, { room }) => sum + room, 0)
    const now = clock.now()
    return tools.claim({
      jobs: jobs(),
      executor: executor.id,
      now,
      limit,
      queues: rooms,
      resources: resources(),
    })
  }

  /** Queues tickets for runs that no ticket is here for, as many as there are places left; other processes do so for theirs. */
  async function handOver(): Promise<void> {
    const to = runtime
    if (to === undefined) return
    const places = new Map<QueueName, number>()
    for (const queue of served) {
      if (!tickets.isIdle(queue)) places.set(queue, placesIn(queue))
    }
    const ready = await runs.dispatch({ jobs: jobs(), now: clock.now(), places, resources: resources() })
    await Promise.all(ready.map((one) => start(to, one)))
  }

  function start(to: DbosRuntime, one: HandedOver): Promise<void> {
    const { id, queue, priority = 0 } = one.run
    return to.start({ workflowId: workflowIdOf(one), runId: id, queue, priority })
  }

  async function serve(runId: string, queue: QueueName): Promise<void> {
    const executed = await tickets.serve(queue)
    // What the ticket was made for may have been canceled, have run already, or have to wait for another run.
    if (!executed.has(runId))
      await runs.takeBack(runId).catch(logged('a run that was handed over could not be taken back'))
    wake()
  }

  async function sweepOnce(): Promise<void> {
    if (runtime === undefined) return
    await sweep(runtime)
    wake()
  }

  return {
    async start({ concurrency, queues: only }) {
      served = only
      most = concurrency
      const joined: DbosMember = { queues: served, execute: serve }
      member = joined
      runtime = await joinDbos(joined, { url, executor, logger, concurrency, queues, pollMs: queuePollMs })
      timer = setInterval(sweeping.ask, sweepMs)
      sweeping.ask()
      wake()
    },
    wake,
    async close() {
      clearInterval(timer)
      const left = runtime
      runtime = undefined
      tickets.close()
      await Promise.all([seeking.idle(), handing.idle(), sweeping.idle()])
      if (left !== undefined && member !== undefined) leaving = left.leave(member)
      member = undefined
    },
    ended: () => leaving,
  }
}
