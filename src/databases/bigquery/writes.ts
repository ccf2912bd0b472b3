import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type Statement, statement } from '../tables/dialect.ts'
import { rowCount, type SeriesRows } from '../tables/keyed-rows.ts'
import { deleteBeforeStatement, mergeStatement, sameKey } from '../tables/metric-statements.ts'
import { datasetPath, quotedTable, type TableAddress, tablePath, tableReference } from './address.ts'
import { isPassing } from './errors.ts'
import { finishJob, jobOf, runJob } from './jobs.ts'
import { jsonLines, parameterSize, STAGED_FIELDS, stagedParameter, stagedRows } from './rows.ts'
import type { BigquerySession } from './session.ts'
import { type Shape, shapeOf } from './shape.ts'

/** Up to so many rows, and characters, travel as a parameter; a request may hold 10 MB. */
const MAX_PARAMETER_ROWS = 2_000
const MAX_PARAMETER_CHARS = 2_000_000
/** A staging table that nobody has removed removes itself. */
const STAGING_MS = 6 * 3_600_000

const ATTEMPTS = 6
const FIRST_PAUSE_MS = 200

/** Inserts or updates all rows, or none. */
export async function upsertRows(
  session: BigquerySession,
  address: TableAddress,
  series: readonly SeriesRows[],
): Promise<void> {
  const shape = await shapeOf(session.client, address)
  await withSource(session, { address, shape, series }, (source) =>
    change(session, shape, (bind) =>
      mergeStatement(quotedTable(address), source(bind), matching(shape, series, bind)),
    ),
  )
}

/** Returns how many rows there were. */
export async function deleteRows(
  session: BigquerySession,
  address: TableAddress,
  series: readonly SeriesRows[],
): Promise<number> {
  const shape = await shapeOf(session.client, address)
  return withSource(session, { address, shape, series }, (source) =>
    change(
      session,
      shape,
      (bind) => `MERGE INTO ${quotedTable(address)} AS t USING ${source(bind)} AS s
        ON ${matching(shape, series, bind)} WHEN MATCHED THEN DELETE`,
    ),
  )
}

/** Returns how many rows there were. */
export async function deleteBefore(
  session: BigquerySession,
  address: TableAddress,
  query: { readonly batch: string; readonly before: number },
): Promise<number> {
  const shape = await shapeOf(session.client, address)
  return runChange(session, shape, deleteBeforeStatement(shape.dialect, quotedTable(address), query))
}

type Bind = (value: unknown) => string

function change(session: BigquerySession, shape: Shape, write: (bind: Bind) => string): Promise<number> {
  return runChange(session, shape, statement(shape.dialect, write))
}

/** Other writers of the same table make the engine refuse; the statements are idempotent, so they are tried again. */
async function runChange(session: BigquerySession, shape: Shape, wanted: Statement): Promise<number> {
  const { client, patience } = session
  for (let attempt = 1; ; attempt++)
    try {
      const job = await runJob(client, session.configuration(wanted.text, wanted.values), {
        patience,
        changes: true,
        location: shape.location,
      })
      return job.statistics?.query?.numDmlAffectedRows ?? 0
    } catch (error) {
      if (attempt === ATTEMPTS || !isPassing(error)) throw error
      patience.check()
      await Promise.race([wait(FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random())), patience.ended])
    }
}

/** That two rows have one key, and what keeps the engine from reading partitions and blocks that hold none of the keys. */
function matching(shape: Shape, series: readonly SeriesRows[], bind: Bind): string {
  const batches = [...new Set(series.map(({ batch }) => batch))]
  const first = series.reduce((least, { timestamps }) => Math.min(least, timestamps[0]!), Infinity)
  const last = series.reduce((most, { timestamps }) => Math.max(most, timestamps.at(-1)!), -Infinity)
  return [
    sameKey('t', 's'),
    shape.dialect.oneOf('t.metric_batch', batches, bind),
    ...(shape.stampType === 'TIMESTAMP'
      ? [
          `t.metric_timestamp >= ${shape.dialect.time(first, bind)}`,
          `t.metric_timestamp <= ${shape.dialect.time(last, bind)}`,
        ]
      : []),
  ].join(' AND ')
}

interface Rows {
  readonly address: TableAddress
  readonly shape: Shape
  readonly series: readonly SeriesRows[]
}

/** Brings rows to the engine: few as a parameter, many as a table beside the metrics table. */
async function withSource<T>(
  session: BigquerySession,
  { address, shape, series }: Rows,
  work: (source: (bind: Bind) => string) => Promise<T>,
): Promise<T> {
  const { client } = session
  if (rowCount(series) <= MAX_PARAMETER_ROWS && parameterSize(series) <= MAX_PARAMETER_CHARS)
    return work((bind) => stagedRows(`UNNEST(${bind(stagedParameter(series))})`, shape.stampType))
  const staging = { ...address, table: `anomstack_rows_${randomUUID().replaceAll('-', '')}` }
  await client.call({
    method: 'POST',
    path: `${datasetPath(staging)}/tables`,
    body: {
      tableReference: tableReference(staging),
      schema: { fields: STAGED_FIELDS },
      expirationTime: String(Date.now() + STAGING_MS),
    },
  })
  try {
    await load(session, staging, series)
    return await work(() => stagedRows(quotedTable(staging), shape.stampType))
  } finally {
    // It would expire by itself.
    await client.call({ method: 'DELETE', path: tablePath(staging) }).catch(() => {})
  }
}

async function load(
  { client, patience }: BigquerySession,
  staging: TableAddress,
  series: readonly SeriesRows[],
): Promise<void> {
  const stopped = new AbortController()
  patience.ended.catch(() => stopped.abort())
  const started = client
    .upload(
      {
        destinationTable: tableReference(staging),
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        createDisposition: 'CREATE_NEVER',
        writeDisposition: 'WRITE_APPEND',
        schema: { fields: STAGED_FIELDS },
      },
      jsonLines(series),
      stopped.signal,
    )
    .then(jobOf)
  // Nothing but the staging table is changed by it.
  await finishJob(client, started, { patience, changes: false })
}
