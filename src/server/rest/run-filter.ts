import { z } from 'zod'
import type { RunStore } from '../../control/control.ts'
import { QUEUE_NAMES } from '../../core/queues.ts'
import { JOB_NAMES, type RunStatus } from '../../runs/run.ts'
import { limitParameter, timeParameter } from './query.ts'

export const RUN_STATUSES = [
  'queued',
  'running',
  'succeeded',
  'failed',
  'canceled',
] as const satisfies readonly RunStatus[]

/** What runs are chosen by; times are when a run was queued, both included. */
export const runFilter = z.strictObject({
  batch: z.string().optional(),
  job: z.enum(JOB_NAMES).optional(),
  status: z.enum(RUN_STATUSES).optional(),
  parent: z.string().optional(),
  queue: z.enum(QUEUE_NAMES).optional(),
  from: timeParameter.optional(),
  to: timeParameter.optional(),
})

export const runListQuery = runFilter.extend({ before: z.string().optional(), limit: limitParameter })

/** A filter as the run store takes it: without what was not given. */
export function storeFilter(
  filter: z.output<typeof runFilter> & { readonly before?: string | undefined },
): Omit<Parameters<RunStore['list']>[0], 'limit'> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}
