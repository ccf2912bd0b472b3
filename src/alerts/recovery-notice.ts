import { formatDuration } from '../core/duration.ts'
import { formatTimestamp } from '../core/timestamp.ts'
import type { Recovered } from './decide-recoveries.ts'
import type { NewNotice } from './notice.ts'

/** What people are told of an anomaly that is over. */
export function recoveryNotice({ alert, at }: Pick<Recovered, 'alert' | 'at'>): NewNotice {
  const { id, batch, metric, timestamp } = alert
  return {
    kind: 'anomaly',
    subject: `${batch}: ${metric}`,
    since: timestamp,
    title: `✅ [${metric}] is as usual again (${formatTimestamp(at)}) ✅`,
    text: `The anomaly of ${formatTimestamp(timestamp)} is over: since ${formatTimestamp(at)}, ${formatDuration(at - timestamp)} after it was found, the metric has been below the level that alerts.`,
    link: `/alerts/${encodeURIComponent(id)}`,
    details: {
      alert: id,
      batch,
      metric,
      timestamp: new Date(timestamp).toISOString(),
      recovered_at: new Date(at).toISOString(),
    },
  }
}
