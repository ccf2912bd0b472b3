import type { QueueRoom } from '../control/control.ts'
import { messageOf } from '../core/errors.ts'
import { QUEUE_NAMES, type QueueName } from '../core/queues.ts'
import type { Orchestrator } from './orchestrator.ts'
import { createRepeated } from './repeated.ts'
import { createRunEngine, type RunEngineOptions } from './run-engine.ts'
import type { Starter, StarterTools } from './starter.ts'

/** An orchestrator that executes runs in this process, from a queue in the control database that any number of processes share. */
export function createLocalOrchestrator(options: RunEngineOptions): Orchestrator {
  return createRunEngine(options, (tools) => createClaiming(options, tools))
}

/** Claims queued runs whenever there is room for them. */
function createClaiming(
  options: RunEngineOptions,
  { executor, jobs, count, claim, execute }: StarterTools,
): Starter {
  const { clock, logger, queues = new Map(), resources = () => new Map() } = options
  let capacity = 0
  let served: readonly QueueName[] = QUEUE_NAMES
  const claiming = createRepeated(claimMore, (error) =>
    logger.log('error', 'the queue of runs could not be read', { problem: messageOf(error) }),
  )

  async function claimMore(): Promise<void> {
    const claimed = await claim({
      jobs: jobs(),
      executor: executor.id,
      now: clock.now(),
      limit: capacity - count(),
      queues: rooms(),
      resources: resources(),
    })
    for (const run of claimed) void execute(run)
  }

  /** How many more runs of each queue may start here. */
  function rooms(): readonly QueueRoom[] {
    return served.map((queue) => {
      const { concurrency = capacity, ...limits } = queues.get(queue) ?? {}
      return { queue, room: concurrency - count(queue), ...limits }
    })
  }

  return {
    start({ concurrency, queues: only }) {
      served = only
      capacity = concurrency
      claiming.ask()
      return Promise.resolve()
    },
    wake: claiming.ask,
    async close() {
      capacity = 0
      await claiming.idle()
    },
    ended: () => Promise.resolve(),
  }
}
