import { calendarAt } from '../../config/calendar-effects.ts'
import type { Batch } from '../../config/project.ts'
import { parseDuration } from '../../core/duration.ts'
import { messageOf } from '../../core/errors.ts'
import type { MetricsTable } from '../../databases/database.ts'
import { cadenceOf } from '../../jobs/cadence.ts'
import { gapFinding, gapStart, isGapKnown } from '../../jobs/gap.ts'
import { keptSince } from '../../jobs/kept-since.ts'
import { alertRow } from '../../jobs/raise.ts'
import { periodEnd } from '../../timeseries/step.ts'
import type { Sensor, SensorServices } from './sensor.ts'

const DAY = 86_400_000
/** Points from which a step is learned. */
const WINDOW = 200
const AT_ONCE = 4
/** Batches are looked at ten times within `fresh_within`, but not more and not less often than this, in ms of the program's clock. */
const OFTENEST = 10_000
const SELDOMEST = 3_600_000

/** A metric without news. */
interface Silence {
  readonly metric: string
  readonly newest: number
  /** Where its alert stands. */
  readonly start: number
}

/** Raises missing-data alerts for metrics that have not had new data for `fresh_within`, whether or not anything runs that could have brought some. */
export function freshness(services: SensorServices): Sensor {
  const { project, control, clock, logger } = services
  const dueAt = new Map<string, number>()
  const problems = new Map<string, string>()

  async function check(batch: Batch, freshMs: number, signal: AbortSignal): Promise<void> {
    const { settings } = batch
    const table = services.database(batch).metricsTable(settings.table_key)
    const now = clock.now()
    const since = now - settings.alert_metric_timestamp_max_days_ago * DAY
    const newest = await table.history(
      { batch: batch.name, types: ['metric'], since, until: now, maxPoints: 1 },
      { signal },
    )
    const suspects = [...newest].flatMap(([metric, points]) => {
      const timestamp = points.get('metric')?.timestamps.at(-1)
      return timestamp !== undefined && now - timestamp > freshMs ? [metric] : []
    })
    if (suspects.length === 0) return
    const silent = await silences({ batch, table, metrics: suspects, since, freshMs }, signal)
    if (silent.length === 0) return
    await raise(batch, table, wholeBatch(silent, newest.size), signal)
  }

  async function silences(
    asked: {
      readonly batch: Batch
      readonly table: MetricsTable
      readonly metrics: readonly string[]
      readonly since: number
      readonly freshMs: number
    },
    signal: AbortSignal,
  ): Promise<readonly Silence[]> {
    const { batch, table, metrics, since, freshMs } = asked
    const { settings } = batch
    const now = clock.now()
    const history = await table.history(
      { batch: batch.name, types: ['metric'], since, until: now, maxPoints: WINDOW, metrics },
      { signal },
    )
    return [...history].flatMap(([metric, points]): Silence[] => {
      const timestamps = points.get('metric')?.timestamps ?? new Float64Array()
      const last = timestamps.at(-1)
      if (last === undefined) return []
      const { step, aggregated } = cadenceOf(timestamps, settings)
      // A day's value can only come when the day has ended.
      const known =
        step === undefined ? last : periodEnd(last, step, { aggregated, timeZone: settings.time_zone })
      if (now - known <= freshMs) return []
      return [
        {
          metric,
          newest: last,
          start: step === undefined ? last + freshMs : gapStart(last, step, settings),
        },
      ]
    })
  }

  async function raise(
    batch: Batch,
    table: MetricsTable,
    { silent, remark }: { readonly silent: readonly Silence[]; readonly remark: string },
    signal: AbortSignal,
  ): Promise<void> {
    const since = Math.min(...silent.map(({ newest }) => newest))
    const recorded = await control.alerts.ofBatch({ batch: batch.name, since, kinds: ['missing-data'] })
    const mutedBy = calendarAt(batch, 'mute')
    const findings = silent
      .filter(({ metric, newest }) => !isGapKnown(metric, newest, recorded))
      .filter(({ start }) => mutedBy?.(start) === undefined)
      .map((gap) => gapFinding({ batch: batch.name, ...gap }, remark))
    const raised = await control.alerts.raise(findings, {
      now: clock.now(),
      channels: findings.length === 0 ? [] : services.channels(batch.settings.alert_methods),
    })
    if (raised.length > 0) services.alertsRaised()
    for (const { metric, timestamp } of raised)
      logger.log('info', 'alert raised', {
        batch: batch.name,
        metric,
        kind: 'missing-data',
        timestamp: new Date(timestamp).toISOString(),
      })
    await writeRows(batch, table, signal)
  }

  /** Rows of recorded alerts, those too that were recorded just before a crash: writing one again changes nothing. */
  async function writeRows(batch: Batch, table: MetricsTable, signal: AbortSignal): Promise<void> {
    const since = clock.now() - batch.settings.alert_metric_timestamp_max_days_ago * DAY
    const recorded = await control.alerts.ofBatch({ batch: batch.name, since, kinds: ['missing-data'] })
    if (recorded.length === 0) return
    const history = await table.history({ batch: batch.name, types: ['missingalert'], since }, { signal })
    // What was deleted because of its age does not come back.
    const kept = batch.settings.disable_delete ? since : keptSince(batch.settings, clock.now())
    const absent = recorded.filter(
      ({ metric, timestamp }) =>
        timestamp >= kept &&
        history.get(metric)?.get('missingalert')?.timestamps.includes(timestamp) !== true,
    )
    if (absent.length > 0) await table.upsert(absent.map(alertRow), { signal })
  }

  async function checkSafely(batch: Batch, freshMs: number, signal: AbortSignal): Promise<void> {
    const now = clock.now()
    try {
      await check(batch, freshMs, signal)
      problems.delete(batch.name)
    } catch (error) {
      if (signal.aborted) throw error
      const problem = messageOf(error)
      if (problems.get(batch.name) !== problem)
        logger.log('warn', 'freshness of a batch could not be looked at', { batch: batch.name, problem })
      problems.set(batch.name, problem)
    }
    dueAt.set(batch.name, now + Math.min(SELDOMEST, Math.max(OFTENEST, freshMs / 10)))
  }

  return {
    name: 'freshness',
    summary: 'Raises an alert for a metric that has had no new data for `fresh_within`.',
    everyMs: 5_000,
    timeoutMs: 120_000,
    scope: 'cluster',
    async check({ signal }) {
      const now = clock.now()
      const due: { readonly batch: Batch; readonly freshMs: number }[] = []
      for (const batch of project().batches.values()) {
        const { fresh_within: within, disable_batch: disabled } = batch.settings
        const freshMs = within === null || disabled ? undefined : parseDuration(within)
        const next = dueAt.get(batch.name)
        // A clock that was set back does not put checks off.
        const waits = next !== undefined && next > now && next <= now + SELDOMEST
        if (freshMs !== undefined && freshMs > 0 && !waits) due.push({ batch, freshMs })
      }
      const lane = async (): Promise<void> => {
        for (let next = due.shift(); next !== undefined && !signal.aborted; next = due.shift())
          await checkSafely(next.batch, next.freshMs, signal)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, lane))
    },
  }
}

/** When nothing of a batch has news, that is one matter: it is told of the metric that had news last. */
function wholeBatch(
  silent: readonly Silence[],
  metrics: number,
): { readonly silent: readonly Silence[]; readonly remark: string } {
  if (silent.length < metrics || metrics === 1) return { silent, remark: '' }
  const newest = silent.reduce((last, next) => (next.newest > last.newest ? next : last))
  return { silent: [newest], remark: `None of the ${metrics} metrics of the batch has had new data since.` }
}
