import type { Alert } from '../alerts/alert.ts'
import { firstNotBefore } from '../models/positions.ts'
import type { JobContext } from './job.ts'

/** Up to which timestamp the values of each metric have been judged for one kind of alert. */
export interface Seen {
  /** Number of the first point that nobody has judged; Infinity when nobody has looked at the metric before, for then only its newest points count. */
  firstNew(metric: string, timestamps: Float64Array): number
  /** Notes that all these points have been judged. */
  judged(metric: string, timestamps: Float64Array): void
  /** Records what was noted; call it once all findings have been raised. */
  save(): Promise<void>
}

interface Watched {
  /** Metrics whose newest judged point is older are forgotten, … */
  readonly since: number
  /** … and those that are not looked at any more: they begin anew when they come back. */
  readonly watches: (metric: string) => boolean
}

export async function loadSeen(
  context: JobContext,
  kind: Alert['kind'],
  { since, watches }: Watched,
): Promise<Seen> {
  const { alerts, batch } = context
  const before = await alerts.lastSeen(batch.name, kind)
  const now = new Map(
    [...(before ?? [])].filter(([metric, timestamp]) => timestamp >= since && watches(metric)),
  )
  let changed = before === undefined || now.size < before.size
  return {
    firstNew(metric, timestamps) {
      const last = now.get(metric)
      return last === undefined ? Number.POSITIVE_INFINITY : firstNotBefore(timestamps, last + 1)
    },
    judged(metric, timestamps) {
      const newest = timestamps.at(-1)
      if (newest === undefined || newest <= (now.get(metric) ?? Number.NEGATIVE_INFINITY)) return
      now.set(metric, newest)
      changed = true
    },
    async save() {
      if (changed) await alerts.saveSeen(batch.name, kind, now)
    },
  }
}

/** Whoever switches a kind of alert off does not want later what came meanwhile: once it is on again, it begins anew. */
export async function forgetSeen({ alerts, batch }: JobContext, kind: Alert['kind']): Promise<void> {
  const seen = await alerts.lastSeen(batch.name, kind)
  if (seen !== undefined && seen.size > 0) await alerts.saveSeen(batch.name, kind, new Map())
}
