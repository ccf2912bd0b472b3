import type { Alert } from '../../alerts/alert.ts'
import { drawSeries } from '../../charts/alert-chart.ts'
import { toPng } from '../../charts/rasterize.ts'
import type { Batch } from '../../config/project.ts'
import type { ServerServices } from '../services.ts'
import { loadAlertWindow } from './alert-window.ts'
import { thresholdsOf } from './metric-settings.ts'

/** A PNG of the metric around an alert, as it goes out in messages. */
export async function drawAlert(services: ServerServices, batch: Batch, alert: Alert): Promise<Uint8Array> {
  const series = await loadAlertWindow(services, batch, alert)
  const svg = drawSeries({
    title: alert.metric,
    subtitle: `${alert.batch} · ${alert.reason}`,
    timestamps: series.timestamps,
    values: series.values,
    expected: series.expected,
    lower: series.lower,
    upper: series.upper,
    scores: series.scores,
    smoothedScores: series.smoothed,
    scoreThreshold: batch.settings.alert_threshold,
    thresholds: thresholdsOf(batch, alert.metric),
    marks: series.alerts,
    highlight: alert.timestamp,
    width: 1200,
    height: 600,
    timeZone: batch.settings.time_zone,
  })
  return toPng(svg)
}
