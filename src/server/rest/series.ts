import { Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import type { ServerContext } from '../context.ts'
import { downsample } from '../downsample.ts'
import { parseLastN } from '../last-n.ts'
import { loadSeries, type SeriesWindow } from '../views/load-series.ts'
import { type MetricSeries, pickPoints } from '../views/metric-series.ts'
import { type SeriesBody, seriesBody } from './bodies.ts'
import { readQuery, timeParameter } from './query.ts'

const parameters = z.strictObject({
  metric: z.string().min(1),
  last: z.string().optional(),
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  maxPoints: z.coerce.number().int().min(10).max(5000).default(2000),
})

/** `/batches/:batch/series`: one metric over a window, downsampled. */
export function seriesRoutes(context: ServerContext): Hono {
  const routes = new Hono()
  routes.get('/batches/:batch/series', async (c) => {
    const batch = context.batch(c.req.param('batch'))
    const query = readQuery(c, parameters)
    const [series] = await loadSeries(context.services, batch, {
      metrics: [query.metric],
      window: windowOf(query),
    })
    if (series!.timestamps.length === 0) {
      const { metrics } = await context.overview(batch)
      if (!metrics.some((metric) => metric.name === query.metric))
        throw new AnomstackError('NOT_FOUND', 'there are no rows of this metric', {
          at: { batch: batch.name, metric: query.metric },
        })
    }
    const body: SeriesBody = seriesBody(batch.name, thin(series!, query.maxPoints), series!.timestamps.length)
    return c.json(body)
  })
  return routes
}

/** The series in at most `maxPoints` points that look the same when drawn. */
export function thin(series: MetricSeries, maxPoints: number): MetricSeries {
  if (series.timestamps.length <= maxPoints) return series
  const alerted = new Set(series.alerts.map((alert) => alert.timestamp))
  const keep: number[] = []
  series.timestamps.forEach((timestamp, index) => {
    if (alerted.has(timestamp)) keep.push(index)
  })
  return pickPoints(series, downsample({ values: series.values, scores: series.scores, keep, maxPoints }))
}

function windowOf(query: z.output<typeof parameters>): SeriesWindow {
  const { from, to } = query
  if (from === undefined && to === undefined) return parseLastN(query.last)
  if (query.last !== undefined)
    throw new AnomstackError('INPUT_INVALID', 'give either "last", or "from" and "to", not both')
  if (from !== undefined && to !== undefined && from > to)
    throw new AnomstackError('INPUT_INVALID', '"from" lies after "to"')
  return { kind: 'range', ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}
