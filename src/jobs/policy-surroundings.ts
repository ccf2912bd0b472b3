import type { Surroundings } from '../alerts/hold-back.ts'
import { calendarAt } from '../config/calendar-effects.ts'
import { valuesOfSetting } from '../config/per-metric.ts'
import { guardNames, parseGuard } from '../core/guard.ts'
import type { JobContext } from './job.ts'

const DAY = 86_400_000

/** A value of the other metric may be a step older than the first score, and a step is at most about so long. */
const LONGEST_STEP = 8 * DAY

/** What the alert policy of a batch looks at beside the scores of these metrics since then: its calendars and, with `only_if`, the values of other metrics. */
export async function policySurroundings(
  context: Pick<JobContext, 'batch' | 'table' | 'signal'>,
  { metrics, since }: { readonly metrics: readonly string[]; readonly since: number },
): Promise<Surroundings> {
  const { batch, table, signal } = context
  const mutedBy = calendarAt(batch, 'mute')
  const muting = mutedBy === undefined ? {} : { mutedBy }
  const guards = valuesOfSetting(batch.settings.only_if).flatMap(([, text]) => parseGuard(text) ?? [])
  if (guards.length === 0 || metrics.length === 0) return muting
  const names = new Set(metrics.flatMap((metric) => guards.flatMap((guard) => guardNames(guard, metric))))
  const history = await table.history(
    {
      batch: batch.name,
      types: ['metric'],
      metrics: [...names],
      ...(Number.isFinite(since) ? { since: since - LONGEST_STEP } : {}),
    },
    { signal },
  )
  return { ...muting, seriesOf: (metric) => history.get(metric)?.get('metric') }
}
