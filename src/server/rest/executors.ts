import { Hono } from 'hono'
import { LIVENESS } from '../../orchestrator/liveness.ts'
import type { ServerContext } from '../context.ts'
import { type PageBody, type RunBody, runBody } from './bodies.ts'

export interface ExecutorBody {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** Its last sign of life, UTC epoch ms of real time. */
  readonly seenAt: number
  /** `silent`: nothing was heard of it for so long that it may not write any more; others take over its runs soon. */
  readonly state: 'alive' | 'silent'
  readonly runs: readonly RunBody[]
}

const MOST_RUNNING = 1_000

/** `/executors`: the processes that execute runs, and what each is at. */
export function executorRoutes(context: ServerContext): Hono {
  const { runs } = context.services.control
  const routes = new Hono()
  routes.get('/executors', async (c) => {
    const [executors, running] = await Promise.all([
      runs.executors(),
      runs.list({ status: 'running', limit: MOST_RUNNING }),
    ])
    // Signs of life are told by real time, however fast the project's clock runs.
    const silentBefore = Date.now() - LIVENESS.leaseMs
    const body: PageBody<ExecutorBody> = {
      items: executors.map((executor) => ({
        ...executor,
        state: executor.seenAt >= silentBefore ? 'alive' : 'silent',
        runs: running
          .filter((run) => run.executor === executor.id)
          .map((run) => runBody(run, context.redact)),
      })),
      next: null,
    }
    return c.json(body)
  })
  return routes
}
