import type { TableInfo } from '../database.ts'
import { type CatalogRow, tableList } from '../tables/table-list.ts'
import { datasetPath } from './address.ts'
import { bigqueryDialect } from './dialect.ts'
import { hasStatus } from './errors.ts'
import { runJob } from './jobs.ts'
import { resultPages } from './results.ts'
import type { BigquerySession } from './session.ts'

/** Datasets asked at a time. */
const AT_A_TIME = 8

/** Tables and views of the project, those of the default dataset first. */
export async function listTables(
  session: BigquerySession,
  home: string | undefined,
): Promise<readonly TableInfo[]> {
  const datasets = await listDatasets(session)
  const ordered = [
    ...datasets.filter((dataset) => dataset === home),
    ...datasets.filter((dataset) => dataset !== home).sort(),
  ]
  const rows: CatalogRow[] = []
  for (let start = 0; start < ordered.length; start += AT_A_TIME) {
    const some = ordered.slice(start, start + AT_A_TIME)
    const found = await Promise.all(some.map((dataset) => columnsOf(session, dataset)))
    some.forEach((dataset, index) => {
      const schema = dataset === home ? '' : dataset
      for (const [table, column, type] of found[index]!) rows.push({ schema, table, column, type })
    })
  }
  return tableList(bigqueryDialect, rows)
}

async function listDatasets({ client, patience }: BigquerySession): Promise<readonly string[]> {
  const names: string[] = []
  let pageToken: string | undefined
  do {
    const answer = (await Promise.race([
      client.call({
        path: `projects/${encodeURIComponent(client.project)}/datasets`,
        query: { pageToken },
      }),
      patience.ended,
    ])) as {
      readonly datasets?: readonly { readonly datasetReference: { readonly datasetId: string } }[]
      readonly nextPageToken?: string
    }
    names.push(...(answer.datasets ?? []).map(({ datasetReference }) => datasetReference.datasetId))
    pageToken = answer.nextPageToken
  } while (pageToken !== undefined && pageToken !== '')
  return names
}

type Column = readonly [table: string, column: string, type: string]

async function columnsOf(session: BigquerySession, dataset: string): Promise<readonly Column[]> {
  const { client, patience, configuration } = session
  const place = `${bigqueryDialect.quote(`${client.project}.${dataset}`)}.INFORMATION_SCHEMA.COLUMNS`
  const sql = `SELECT table_name, column_name, data_type FROM ${place} ORDER BY table_name, ordinal_position`
  try {
    const job = await runJob(client, configuration(sql), { patience, changes: false, location: undefined })
    const columns: Column[] = []
    for await (const { rows } of resultPages(client, job))
      for (const { f } of rows) columns.push(f.map(({ v }) => String(v)) as unknown as Column)
    return columns
  } catch (error) {
    // It may have been removed since it was listed.
    if (await isGone(session, dataset)) return []
    throw error
  }
}

async function isGone({ client }: BigquerySession, dataset: string): Promise<boolean> {
  return client.call({ path: datasetPath({ project: client.project, dataset }) }).then(
    () => false,
    (error: unknown) => hasStatus(error, 404),
  )
}
