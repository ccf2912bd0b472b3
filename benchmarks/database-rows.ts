import type { MetricRow } from '../src/core/metric-row.ts'
import { START } from './samples.ts'

/** Rows of the batch `bench`, one a minute for each metric. */
export function* metricRows(metrics: number, points: number): Generator<MetricRow> {
  for (let metric = 0; metric < metrics; metric++)
    for (let point = 0; point < points; point++)
      yield {
        timestamp: START + point * 60_000,
        batch: 'bench',
        name: `metric_${metric}`,
        type: 'metric',
        value: metric + point / 7,
        metadata: '',
      }
}
