import type { MetricRow } from '../core/metric-row.ts'
import { metricNames } from '../databases/database.ts'
import type { Failures } from './failures.ts'
import { capDimensions } from './fold-dimensions.ts'
import type { JobContext } from './job.ts'
import { readSource } from './read-source.ts'

/** Reads every source of the batch and writes what they return into the metrics table; a source that fails does not stop the others. */
export async function ingestRows(context: JobContext, failures: Failures): Promise<void> {
  const { batch } = context
  await context.step('prepare table', () => context.table.ensure())
  const rows: MetricRow[] = []
  for (const source of batch.sources)
    await failures.attempt({ batch: batch.name, file: source.file }, async () => {
      const name = source.metric === undefined ? 'read' : `read ${source.metric}`
      for (const row of await context.step(
        name,
        () => readSource(source, context),
        (read) => ({ rows: read.length }),
      ))
        rows.push(row)
    })
  const capped = await withinCap(context, rows)
  await context.step(
    'write',
    () => context.table.upsert(capped, { signal: context.signal }),
    (written) => ({
      rows: written,
      ...(capped.length < rows.length ? { left_out: rows.length - capped.length } : {}),
    }),
  )
  if (rows.length === 0 && batch.sources.length > 0)
    context.logger.log('warn', `batch "${batch.name}": ingest found no rows`)
}

/** The rows without the combinations of dimensions that are too many, which are told of. */
async function withinCap(context: JobContext, rows: readonly MetricRow[]): Promise<readonly MetricRow[]> {
  const { batch, logger, clock, signal, table } = context
  const { dimensions, dimensions_max_n: most, delete_after_n_days: days } = batch.settings
  if (dimensions.length === 0 || rows.length === 0) return rows
  const since = clock.now() - days * 86_400_000
  const known = new Set(await metricNames(table, { batch: batch.name, since }, { signal }))
  const capped = capDimensions(rows, known, most)
  for (const [metric, names] of capped.leftOut)
    logger.log(
      'warn',
      `metric "${metric}" has more than dimensions_max_n (${most}) combinations of dimensions: ${names.length} were left out, among them ${names.slice(0, 5).join(' · ')}; raise dimensions_max_n, or have the query join the rare ones`,
      { left_out: names.length },
    )
  return capped.rows
}
