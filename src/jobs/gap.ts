import type { Alert, Finding } from '../alerts/alert.ts'
import type { BatchSettings } from '../config/batch-settings.ts'
import { periodEnd } from '../timeseries/step.ts'

/** Start of the bucket that should have followed the newest point: where the alert of a gap stands, whoever finds it. */
export function gapStart(newest: number, step: number, settings: BatchSettings): number {
  return periodEnd(newest, step, { aggregated: true, timeZone: settings.time_zone })
}

/** Whether the gap after the newest point of a metric has its alert. */
export function isGapKnown(metric: string, newest: number, recorded: readonly Alert[]): boolean {
  return recorded.some(
    (alert) => alert.kind === 'missing-data' && alert.metric === metric && alert.timestamp > newest,
  )
}

/** The alert of a gap. */
export function gapFinding(
  gap: { readonly batch: string; readonly metric: string; readonly newest: number; readonly start: number },
  remark = '',
): Finding {
  const newest = new Date(gap.newest).toISOString()
  return {
    batch: gap.batch,
    metric: gap.metric,
    kind: 'missing-data',
    timestamp: gap.start,
    value: 0,
    reason: `No data since ${newest}.${remark === '' ? '' : ` ${remark}`}`,
    details: { last_seen: newest },
  }
}
