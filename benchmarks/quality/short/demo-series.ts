import { ingest as earthquakes } from '../../../examples/demo/metrics/earthquakes.ts'
import { ingest as flights } from '../../../examples/demo/metrics/flights.ts'
import { ingest as stocks } from '../../../examples/demo/metrics/stocks.ts'
import { ingest as weather } from '../../../examples/demo/metrics/weather.ts'
import { roundTo } from '../../../src/timeseries/round.ts'
import type { LabelledSeries } from '../labelled-series.ts'

type Rows = readonly {
  readonly metric_timestamp: Date
  readonly metric_name: string
  readonly metric_value: number
}[]

const DAY = 86_400_000
/** When the demo is opened. */
const NOW = Date.UTC(2026, 0, 5)
/** The demo's batches of old measurements. One that keeps more than one round of its data would show the same points twice. */
const BATCHES: readonly { readonly name: string; ingest(): Rows; readonly newestDays?: number }[] = [
  { name: 'weather', ingest: weather },
  { name: 'stocks', ingest: stocks },
  { name: 'flights', ingest: flights },
  { name: 'earthquakes', ingest: earthquakes, newestDays: 7 },
]

/** The real series that the demo shows, as somebody sees them who opens it at a time that is always the same. */
export function demoSeries(): readonly LabelledSeries[] {
  return BATCHES.flatMap(({ name, ingest, newestDays = Number.POSITIVE_INFINITY }) => {
    const rows = at(NOW, ingest).filter(
      ({ metric_timestamp }) => metric_timestamp.getTime() >= NOW - newestDays * DAY,
    )
    const metrics = [...new Set(rows.map(({ metric_name }) => metric_name))]
    return metrics.map((metric): LabelledSeries => {
      const points = rows.filter(({ metric_name }) => metric_name === metric)
      return {
        name: `${name}/${metric}`,
        group: name,
        series: {
          timestamps: Float64Array.from(points, ({ metric_timestamp }) => metric_timestamp.getTime()),
          values: Float64Array.from(points, ({ metric_value }) => roundTo(metric_value, 4)),
        },
        windows: [],
      }
    })
  })
}

/** What a function of the demo returns when it is called at this time. */
function at<T>(now: number, ingest: () => T): T {
  const clock = Date.now
  Date.now = () => now
  try {
    return ingest()
  } finally {
    Date.now = clock
  }
}
