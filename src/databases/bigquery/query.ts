import { AnomstackError } from '../../core/errors.ts'
import type { SqlRow } from '../database.ts'
import { jobOf, runJob } from './jobs.ts'
import { resultPages } from './results.ts'
import type { BigquerySession } from './session.ts'
import { plainRow } from './values.ts'

/** Whether there is nothing but comments and semicolons, which the engine refuses. */
const BLANK = /^(?:[\s;]|(?:--|#)[^\n]*|\/\*[\s\S]*?\*\/)*$/

/** The least that BigQuery bills a statement for. */
const LEAST_BILLED_BYTES = 10 * 1024 ** 2

/** Runs the user's statements. `maxBytes`: more is not read, which a dry run tells beforehand. */
export async function runUserSql(
  session: BigquerySession,
  sql: string,
  maxBytes: number | undefined,
): Promise<readonly SqlRow[]> {
  if (BLANK.test(sql)) return []
  const { client, patience, location } = session
  const configuration =
    maxBytes === undefined ? session.configuration(sql) : await affordable(session, sql, maxBytes)
  const job = await runJob(client, configuration, { patience, changes: false, location })
  const found: SqlRow[] = []
  for await (const { fields, rows } of resultPages(client, job)) {
    patience.check()
    for (const row of rows) found.push(plainRow(fields, row))
  }
  return found
}

/** The job, once a dry run has told that it reads no more than it may. */
async function affordable(
  session: BigquerySession,
  sql: string,
  maxBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const configuration = session.configuration(sql)
  const { client, patience, location } = session
  const dryRun = client.call({
    method: 'POST',
    path: `projects/${client.project}/jobs`,
    body: {
      jobReference: { projectId: client.project, location },
      configuration: { ...configuration, dryRun: true },
    },
  })
  const { statistics, status } = jobOf(await Promise.race([dryRun, patience.ended]))
  if (status?.errorResult !== undefined)
    throw Object.assign(new Error(status.errorResult.message ?? 'the dry run failed'), {
      reason: status.errorResult.reason ?? '',
    })
  const bytes = statistics?.totalBytesProcessed ?? statistics?.query?.totalBytesProcessed ?? 0
  if (bytes > maxBytes)
    throw new AnomstackError(
      'QUERY_FAILED',
      `BigQuery: the query would read ${bytes} bytes, and the option max_bytes allows ${maxBytes}; read fewer columns or partitions, or raise it`,
      { retryable: false },
    )
  if (statistics?.query?.statementType !== 'SCRIPT') return configuration
  // What several statements will read is not known before they run, so the engine itself is given the limit.
  const query = configuration.query as Readonly<Record<string, unknown>>
  const billed = Math.min(
    Math.max(maxBytes, LEAST_BILLED_BYTES),
    Number(query.maximumBytesBilled ?? Infinity),
  )
  return { ...configuration, query: { ...query, maximumBytesBilled: String(billed) } }
}
