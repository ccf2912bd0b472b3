import type { Alert, Finding } from '../alerts/alert.ts'
import { parseDuration } from '../core/duration.ts'
import type { MetricRow } from '../core/metric-row.ts'
import { missingBuckets, periodEnd } from '../timeseries/step.ts'
import { cadenceOf } from './cadence.ts'
import { gapFinding, gapStart, isGapKnown } from './gap.ts'
import type { JobContext } from './job.ts'
import { raiseFindings, reconcile } from './raise.ts'

const DAY = 86_400_000

/** Points from which a step is learned, and within which gaps are looked for. */
const WINDOW = 200

/** A metric that has been silent for longer than this many steps is taken to have ended: nothing more is filled in or reported. */
const MAX_MISSING = 30

/** What `missing:` asks for: a zero for every bucket without a row, or an alert for the newest of a gap. A value that comes late replaces the zero. */
export async function fillMissing(context: JobContext): Promise<void> {
  const { batch } = context
  const { settings } = batch
  if (settings.missing === 'gap') return
  await context.step(
    'missing points',
    async () => {
      const gaps = await findGaps(context)
      if (settings.missing === 'zero')
        return context.table.upsert(zeros(batch.name, gaps), { signal: context.signal })
      const recorded = await restoreRows(context)
      return raiseFindings(context, findings(batch.name, gaps, recorded), settings.alert_methods)
    },
    (count) => ({ [settings.missing === 'zero' ? 'filled' : 'raised']: count }),
  )
}

/** Writes the rows of missing-data alerts that a run before this one recorded and did not get to write, and returns those alerts. */
async function restoreRows(context: JobContext): Promise<readonly Alert[]> {
  const { batch, clock, signal } = context
  const since = clock.now() - batch.settings.alert_metric_timestamp_max_days_ago * DAY
  const recorded = await context.alerts.ofBatch({ batch: batch.name, since, kinds: ['missing-data'] })
  if (recorded.length === 0) return recorded
  const history = await context.table.history(
    { batch: batch.name, types: ['missingalert'], since },
    { signal },
  )
  await reconcile(context, recorded, history)
  return recorded
}

interface Gap {
  readonly metric: string
  /** Starts of the missing buckets, ascending. */
  readonly buckets: Float64Array
  readonly lastSeen: number
  /** The bucket after the newest point. */
  readonly start: number
}

async function findGaps(context: JobContext): Promise<readonly Gap[]> {
  const { batch, clock } = context
  const { settings } = batch
  const now = clock.now()
  const settle = parseDuration(settings.settle) ?? 0
  const history = await context.table.history(
    {
      batch: batch.name,
      types: ['metric'],
      since: now - settings.alert_metric_timestamp_max_days_ago * DAY,
      maxPoints: WINDOW,
    },
    { signal: context.signal },
  )
  const gaps: Gap[] = []
  for (const [metric, points] of history) {
    const timestamps = points.get('metric')?.timestamps
    if (timestamps === undefined || timestamps.length === 0) continue
    const { step } = cadenceOf(timestamps, settings)
    if (step === undefined) continue
    const lastSeen = timestamps[timestamps.length - 1]!
    const absent = missingBuckets(timestamps, step, {
      until: now - settle,
      timeZone: settings.time_zone,
      max: MAX_MISSING,
    })
    const buckets = absent.filter(
      (bucket) => periodEnd(bucket, step, { aggregated: true, timeZone: settings.time_zone }) + settle <= now,
    )
    if (buckets.length > 0)
      gaps.push({ metric, buckets, lastSeen, start: gapStart(lastSeen, step, settings) })
  }
  return gaps
}

function zeros(batch: string, gaps: readonly Gap[]): MetricRow[] {
  return gaps.flatMap(({ metric, buckets }) =>
    Array.from(
      buckets,
      (timestamp): MetricRow => ({
        timestamp,
        batch,
        name: metric,
        type: 'metric',
        value: 0,
        metadata: '{"missing":true}',
      }),
    ),
  )
}

/** One alert a gap, at its first bucket, whoever found it first: it stays one alert while the gap grows. */
function findings(batch: string, gaps: readonly Gap[], recorded: readonly Alert[]): Finding[] {
  return gaps
    .filter(({ buckets, lastSeen }) => buckets.some((bucket) => bucket > lastSeen))
    .filter(({ metric, lastSeen }) => !isGapKnown(metric, lastSeen, recorded))
    .map(({ metric, lastSeen, start }) => gapFinding({ batch, metric, newest: lastSeen, start }))
}
