import type { QueueRoom } from '../control/control.ts'
import { messageOf } from '../core/errors.ts'
import { QUEUE_NAMES, type QueueName } from '../core/queues.ts'
import type { Orchestrator } from './orchestrator.ts'
import { createRunEngine, type RunEngineOptions, type Starter, type StarterTools } from './run-engine.ts'

/** An orchestrator that executes runs in this process, from a queue in the control database that any number of processes share. */
export function createLocalOrchestrator(options: RunEngineOptions): Orchestrator {
  return createRunEngine(options, (tools) => createClaiming(options, tools))
}

/** Claims queued runs whenever there is room for them. */
function createClaiming(
  options: RunEngineOptions,
  { executor, jobs, count, execute }: StarterTools,
): Starter {
  const { clock, logger, queues = new Map(), resources = () => new Map() } = options
  const { runs } = options.control
  let capacity = 0
  let served: readonly QueueName[] = QUEUE_NAMES
  let claiming: Promise<void> | undefined
  let claimAgain = false

  function wake(): void {
    if (capacity === 0) return
    claimAgain = true
    if (claiming !== undefined) return
    claiming = claimAll()
      .catch((error: unknown) =>
        logger.log('error', 'the queue of runs could not be read', { problem: messageOf(error) }),
      )
      .finally(() => {
        claiming = undefined
        if (claimAgain) wake()
      })
  }

  async function claimAll(): Promise<void> {
    while (claimAgain) {
      claimAgain = false
      while (count() < capacity) {
        const run = await runs.claim({
          jobs: jobs(),
          executor: executor.id,
          now: clock.now(),
          queues: rooms(),
          resources: resources(),
        })
        if (run === undefined) break
        void execute(run)
      }
    }
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
      wake()
      return Promise.resolve()
    },
    wake,
    async close() {
      capacity = 0
      await claiming
    },
    ended: () => Promise.resolve(),
  }
}
