import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import type { Run, RunStatus } from '../../runs/run.ts'
import type { ServerContext } from '../context.ts'
import { runFilter, storeFilter } from './run-filter.ts'

/** Runs that one request acts on at most. */
const MOST_RUNS = 1_000
/** A request that is sent again with its key within this time acts on the runs that it chose the first time. */
const KEPT_MS = 86_400_000

/** How the body of a bulk names its runs. */
export const bulkSelection = {
  ids: z.array(z.string().min(1).max(100)).min(1).max(MOST_RUNS).optional(),
  filter: runFilter.pick({ batch: true, job: true, status: true, from: true, to: true }).optional(),
}

export interface BulkSelection {
  readonly ids?: readonly string[] | undefined
  readonly filter?: z.output<typeof bulkSelection.filter>
}

export interface Selected {
  readonly ids: readonly string[]
  /** Whether the filter fits more runs than one request acts on. */
  readonly more: boolean
}

/** A check that a body names runs in one of the two ways. */
export const namesRuns = ({ ids, filter }: BulkSelection): boolean =>
  (ids === undefined) !== (filter === undefined)

/** The runs that a bulk is about; those of a filter have one of `statuses` unless it says otherwise. With a key a filter is looked up once. */
export async function selectRuns(
  { services: { control, clock } }: ServerContext,
  { ids, filter }: BulkSelection,
  { statuses, key }: { readonly statuses: readonly RunStatus[]; readonly key: string | undefined },
): Promise<Selected> {
  if (filter === undefined) return { ids: [...new Set(ids)], more: false }
  if (key === undefined) return find()
  const note = `bulk:${createHash('sha256').update(key).digest('hex')}`
  const earlier = await control.notes.get(note)
  if (earlier !== undefined) return selectedOf(earlier)
  const now = clock.now()
  for (const [old, value] of await control.notes.list('bulk:'))
    if (Math.abs(now - atOf(value)) > KEPT_MS) await control.notes.remove(old)
  const selected = await find()
  const value = { at: now, ids: selected.ids, more: selected.more }
  if (await control.notes.replace(note, { expected: undefined, value, now })) return selected
  return selectedOf((await control.notes.get(note)) ?? value)

  async function find(): Promise<Selected> {
    const found: Run[] = []
    for (const status of filter?.status === undefined ? statuses : [filter.status])
      found.push(...(await control.runs.list({ ...storeFilter(filter ?? {}), status, limit: MOST_RUNS + 1 })))
    // Parts of a run are up to that run.
    const own = found.filter(({ trigger }) => trigger !== 'fan-out')
    return { ids: own.slice(0, MOST_RUNS).map(({ id }) => id), more: found.length > MOST_RUNS }
  }
}

function selectedOf(note: Json): Selected {
  const { ids, more } = note as unknown as Selected
  return { ids, more }
}

const atOf = (note: Json): number => Number((note as { readonly at?: Json }).at)
