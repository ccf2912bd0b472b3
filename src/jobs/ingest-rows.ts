import path from 'node:path'
import type { Source } from '../config/project.ts'
import { parseDuration } from '../core/duration.ts'
import { AnomstackError } from '../core/errors.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { SqlRow } from '../databases/database.ts'
import type { Failures } from './failures.ts'
import type { JobContext } from './job.ts'
import { toMetricRows } from './metric-rows.ts'

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
        () => read(source, context),
        (read) => ({ rows: read.length }),
      ))
        rows.push(row)
    })
  await context.step(
    'write',
    () => context.table.upsert(rows, { signal: context.signal }),
    (written) => ({ rows: written }),
  )
  if (rows.length === 0 && batch.sources.length > 0)
    context.logger.log('warn', `batch "${batch.name}": ingest found no rows`)
}

async function read(source: Source, context: JobContext): Promise<readonly MetricRow[]> {
  const { batch, logger } = context
  const raw = await fetchRows(source, context)
  const checked = toMetricRows(raw, {
    batch: batch.name,
    file: source.file,
    timeZone: batch.settings.time_zone,
    rounding: batch.settings.ingest_metric_rounding,
    metric: source.metric,
    thresholds: batch.settings.tholdalert_thresholds,
  })
  for (const [problem, count] of checked.problems)
    logger.log('warn', `batch "${batch.name}", ${source.file}: ${problem}`, { rows: count })
  if (checked.empty > 0) logger.log('info', 'rows without a value were left out', { rows: checked.empty })
  return checked.rows
}

async function fetchRows(source: Source, context: JobContext): Promise<readonly SqlRow[]> {
  const { batch, signal } = context
  const at = { batch: batch.name, file: source.file }
  const text = context.templates.render(source.text, batch.variables, at)
  if (source.kind === 'sql')
    return context.database.query(text, { signal, timeoutMs: duration(batch.settings.query_timeout) })
  if (source.language === 'python')
    throw new AnomstackError(
      'FUNCTION_FAILED',
      'functions in Python are not supported; write it in TypeScript or JavaScript',
      { at },
    )
  return context.functions.ingest(
    { language: source.language, text, file: path.resolve(context.projectDir, source.file) },
    {
      signal,
      timeoutMs: duration(batch.settings.function_timeout),
      memoryMb: batch.settings.function_memory_mb,
      onOutput: (line) => context.logger.log('info', line),
    },
  )
}

/** Checked by the loader of the project: it always parses. */
function duration(text: string): number {
  return parseDuration(text) ?? 60_000
}
