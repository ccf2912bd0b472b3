import path from 'node:path'
import type { Source } from '../config/project.ts'
import { parseDuration } from '../core/duration.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { SqlRow } from '../databases/database.ts'
import { type Anonymizer, createAnonymizer } from './anonymize-rows.ts'
import { foldDimensions } from './fold-dimensions.ts'
import type { JobContext } from './job.ts'
import { toMetricRows } from './metric-rows.ts'
import { nativeSql } from './native-sql.ts'
import { userCode } from './user-code.ts'

/** Runs a query or a function of a batch and makes metric rows of what it returns; what is wrong with single rows is logged. */
export async function readSource(source: Source, context: JobContext): Promise<readonly MetricRow[]> {
  const { batch, logger } = context
  const anonymizer = createAnonymizer({
    rules: batch.settings.anonymize,
    key: context.anonymizeKey,
    dimensions: batch.settings.dimensions,
  })
  const raw = await prepare(source, context, anonymizer)
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

/** What the source returns, with what is to be hidden hidden before anything else sees it, and each combination of dimensions under a name of its own. */
async function prepare(
  source: Source,
  context: JobContext,
  anonymizer: Anonymizer,
): Promise<readonly SqlRow[]> {
  const { batch } = context
  const { dimensions } = batch.settings
  let raw: readonly SqlRow[]
  try {
    raw = await fetchRows(source, context, anonymizer)
  } catch (error) {
    throw batch.settings.anonymize.length === 0 ? error : hiddenError(error, anonymizer)
  }
  if (batch.settings.anonymize.length === 0) return foldDimensions(raw, dimensions, source.metric)
  const seen: SqlRow[] = []
  const hidden: SqlRow[] = []
  for (const row of raw) {
    const left = anonymizer.row(row)
    if (left === undefined) continue
    seen.push(row)
    hidden.push(left)
  }
  const folded = foldDimensions(hidden, anonymizer.dimensions(dimensions), source.metric)
  refuseMixed(foldDimensions(seen, dimensions, source.metric), folded)
  return folded
}

async function fetchRows(
  source: Source,
  context: JobContext,
  anonymizer: Anonymizer,
): Promise<readonly SqlRow[]> {
  const { batch, signal } = context
  const at = { batch: batch.name, file: source.file }
  const text = context.templates.render(source.text, batch.variables, at)
  if (source.kind === 'sql') {
    const timeoutMs = duration(batch.settings.query_timeout)
    return context.source.query(await nativeSql(text, context, timeoutMs), { signal, timeoutMs })
  }
  return context.functions.ingest(
    userCode(context, {
      language: source.language,
      text,
      file: path.resolve(context.projectDir, source.file),
    }),
    {
      signal,
      timeoutMs: duration(batch.settings.function_timeout),
      memoryMb: batch.settings.function_memory_mb,
      variables: batch.settings.function_variables,
      onOutput: (line) => context.logger.log('info', anonymizer.text(line)),
    },
  )
}

/** Checked by the loader of the project: it always parses. */
function duration(text: string): number {
  return parseDuration(text) ?? 60_000
}

/** An error may quote what it could not read. */
function hiddenError(error: unknown, anonymizer: Anonymizer): unknown {
  if (!(error instanceof AnomstackError)) return new Error(anonymizer.text(messageOf(error)))
  const { code, problem, at, retryable, cause } = error
  const hidden = new Error(anonymizer.text(messageOf(cause)))
  if (cause instanceof Error) hidden.stack = anonymizer.text(cause.stack ?? '')
  return new AnomstackError(code, anonymizer.text(problem), {
    at,
    retryable,
    ...(cause === undefined ? {} : { cause: hidden }),
  })
}

/** Throws `ROWS_INVALID` where hiding gave values of different metrics one name and time: mixed, they would be no series of anything. */
function refuseMixed(before: readonly SqlRow[], after: readonly SqlRow[]): void {
  const columns = Object.keys(before[0] ?? {})
  const spelled = (name: string) => columns.find((column) => column.toLowerCase() === name) ?? name
  const name = spelled('metric_name')
  const time = spelled('metric_timestamp')
  const origins = new Map<string, string>()
  for (const [index, row] of after.entries()) {
    const key = JSON.stringify([row[name], row[time]])
    const origin = JSON.stringify(before[index]![name] ?? null)
    if ((origins.get(key) ?? origin) !== origin)
      throw new AnomstackError(
        'ROWS_INVALID',
        'after anonymize, values of different metrics have one name and time; hash keeps them apart, or the query can join them',
      )
    origins.set(key, origin)
  }
}
