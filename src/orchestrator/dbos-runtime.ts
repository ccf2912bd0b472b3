import { AsyncResource } from 'node:async_hooks'
import type { ExecutorInfo } from '../control/control.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { QUEUE_NAMES, type QueueLimits, type QueueName } from '../core/queues.ts'
import { oneAtATime } from './one-at-a-time.ts'

/** Whoever executes what DBOS starts in this process. */
export interface DbosMember {
  readonly queues: readonly QueueName[]
  /** Executes runs of the queue, or takes back the one that the workflow was started for; resolves when that is done, and never rejects. */
  readonly execute: (runId: string, queue: QueueName) => Promise<void>
}

/** A run to be started by whichever process has room. */
export interface HandOver {
  readonly workflowId: string
  readonly runId: string
  readonly queue: QueueName
  readonly priority: number
}

/** The part of DBOS that drives runs. Every method may fail while PostgreSQL is away. */
export interface DbosRuntime {
  /** Starting the same workflow twice is a no-op. */
  start(handOver: HandOver): Promise<void>
  /** Workflows that an executor has taken and not ended. */
  pending(): Promise<readonly { readonly workflowId: string; readonly executor: string }[]>
  /** Those of the workflows that do not wait for their turn: it came already, or they were never queued. */
  states(workflowIds: readonly string[]): Promise<ReadonlyMap<string, 'used' | 'unknown'>>
  cancel(workflowIds: readonly string[]): Promise<void>
  /** Deletes the records of workflows that ended before a time, epoch ms; at most `limit`. Returns how many. */
  prune(before: number, limit: number): Promise<number>
  /** Takes no more work for the member, and ends DBOS in this process with its last one, once what runs has ended. */
  leave(member: DbosMember): Promise<void>
}

export interface DbosRuntimeOptions {
  readonly url: string
  readonly executor: ExecutorInfo
  readonly logger: Logger
  readonly concurrency: number
  readonly queues: ReadonlyMap<QueueName, QueueLimits>
  /** How often each queue is looked at, ms. */
  readonly pollMs: number
}

/** What a workflow means: processes of any version that agree on it may share the work of one database. */
const PROTOCOL = 'anomstack-run-1'
const WORKFLOW = 'executeRun'
const LONGEST_DRAIN_MS = 3_600_000
/** DBOS counts priorities from 0. */
const MIDDLE_PRIORITY = 1_000_000

type Sdk = typeof import('@dbos-inc/dbos-sdk')

interface Launched {
  readonly sdk: Sdk
  readonly url: string
  readonly members: Set<DbosMember>
  readonly workflow: (runId: string, queue: QueueName) => Promise<void>
}

/** Where calls are not those of a workflow. */
const outside = new AsyncResource('anomstack')
/** DBOS is one per process, so there is one of these. */
let launched: Promise<Launched> | undefined
let registered: Launched['workflow'] | undefined
let members = new Set<DbosMember>()
let turn = 0
let ending: Promise<void> = Promise.resolve()

/** Joins the DBOS of this process, launching it for the first member. Errors: `CONTROL_FAILED`, `CONFLICT` for a second database. */
export async function joinDbos(member: DbosMember, options: DbosRuntimeOptions): Promise<DbosRuntime> {
  await ending
  launched ??= launch(options)
  let current: Launched
  try {
    current = await launched
  } catch (error) {
    launched = undefined
    throw new AnomstackError('CONTROL_FAILED', `DBOS could not be started: ${messageOf(error)}`, {
      cause: error,
    })
  }
  if (current.url !== options.url)
    throw new AnomstackError('CONFLICT', 'this process drives runs with another database already')
  current.members.add(member)
  return runtimeOf(current)
}

async function launch(options: DbosRuntimeOptions): Promise<Launched> {
  const sdk = await import('@dbos-inc/dbos-sdk')
  const { DBOS } = sdk
  registered ??= DBOS.registerWorkflow(executeRuns, { name: WORKFLOW })
  const { logger } = options
  const log = (level: 'debug' | 'warn') => (entry: unknown) =>
    logger.log(level, `DBOS: ${entry instanceof Error ? entry.message : String(entry)}`)
  DBOS.setConfig({
    name: 'anomstack',
    systemDatabaseUrl: options.url,
    executorID: options.executor.id,
    applicationVersion: PROTOCOL,
    systemDatabasePoolSize: 8,
    enableOTLP: false,
    logger: { info: log('debug'), debug: () => {}, warn: log('warn'), error: log('warn') },
  })
  // Two processes that make or upgrade its tables together would deadlock.
  await oneAtATime(options.url, () => DBOS.launch())
  for (const queue of QUEUE_NAMES) {
    const limits = options.queues.get(queue) ?? {}
    const { globalConcurrency, rate } = limits
    await DBOS.registerQueue(queue, {
      onConflict: 'always_update',
      minPollingIntervalMs: options.pollMs,
      workerConcurrency: placesOf(limits, options.concurrency),
      ...(globalConcurrency === undefined ? {} : { globalConcurrency }),
      ...(rate === undefined
        ? {}
        : { rateLimit: { limitPerPeriod: rate.limit, periodSec: rate.periodMs / 1000 } }),
    })
  }
  return { sdk, url: options.url, members, workflow: registered }
}

/** Runs of a queue that may be executed in this process at a time. */
export function placesOf(
  { concurrency, globalConcurrency = Number.POSITIVE_INFINITY }: QueueLimits,
  most: number,
): number {
  return Math.min(concurrency ?? most, globalConcurrency)
}

/** Without steps of DBOS: what a run does is recorded by itself, and safe to be done again. What the member asks of DBOS meanwhile is no part of the workflow. */
const executeRuns: Launched['workflow'] = async (runId, queue) => {
  await outside.runInAsyncScope(() => memberFor(queue)?.execute(runId, queue))
}

function memberFor(queue: QueueName): DbosMember | undefined {
  const able = [...members].filter(({ queues }) => queues.includes(queue))
  return able[turn++ % Math.max(1, able.length)]
}

function runtimeOf({ sdk: { DBOS }, workflow }: Launched): DbosRuntime {
  return {
    async start({ workflowId, runId, queue, priority }) {
      await DBOS.startWorkflow(workflow, {
        workflowID: workflowId,
        queueName: queue,
        enqueueOptions: { priority: Math.max(0, MIDDLE_PRIORITY + priority) },
      })(runId, queue)
    },

    async pending() {
      const found = await DBOS.listWorkflows({
        status: 'PENDING',
        workflowName: WORKFLOW,
        loadInput: false,
        loadOutput: false,
      })
      return found.map(({ workflowID, executorId }) => ({
        workflowId: workflowID,
        executor: executorId ?? '',
      }))
    },

    async states(workflowIds) {
      const found = await DBOS.listWorkflows({
        workflowIDs: [...workflowIds],
        loadInput: false,
        loadOutput: false,
      })
      const waiting = new Set<string>(['ENQUEUED', 'DELAYED'])
      const known = new Map(found.map(({ workflowID, status }) => [workflowID, status]))
      const states = new Map<string, 'used' | 'unknown'>()
      for (const id of workflowIds) {
        const status = known.get(id)
        if (status === undefined) states.set(id, 'unknown')
        else if (!waiting.has(status)) states.set(id, 'used')
      }
      return states
    },

    async cancel(workflowIds) {
      if (workflowIds.length > 0) await DBOS.cancelWorkflows([...workflowIds])
    },

    async prune(before, limit) {
      const old = await DBOS.listWorkflows({
        status: ['SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
        workflowName: WORKFLOW,
        completedBefore: new Date(before).toISOString(),
        limit,
        loadInput: false,
        loadOutput: false,
      })
      if (old.length > 0) await DBOS.deleteWorkflows(old.map(({ workflowID }) => workflowID))
      return old.length
    },

    async leave(member) {
      members.delete(member)
      if (members.size > 0 || launched === undefined) return ending
      launched = undefined
      members = new Set()
      ending = DBOS.shutdown({ workflowCompletionTimeoutMS: LONGEST_DRAIN_MS }).catch(() => {})
      await ending
    },
  }
}
