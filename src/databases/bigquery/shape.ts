import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import type { TableDialect } from '../tables/dialect.ts'
import { checkColumns } from '../tables/metric-columns.ts'
import { datasetPath, type TableAddress, tablePath, tableReference } from './address.ts'
import type { BigqueryClient } from './client.ts'
import { bigqueryDialect } from './dialect.ts'
import { hasStatus } from './errors.ts'

/** What is known of an existing metrics table. */
export interface Shape {
  /** The type of `metric_timestamp` in SQL. */
  readonly stampType: string
  /** Writes its statements: as they are for a table of ours, and through a conversion where the time has another type. */
  readonly dialect: TableDialect
  /** Where it is stored. */
  readonly location: string | undefined
}

const tableResource = z.object({
  location: z.string().optional(),
  schema: z
    .object({ fields: z.array(z.object({ name: z.string(), type: z.string() })).default([]) })
    .default({ fields: [] }),
})

/** The table, or undefined where there is none. Throws `WRITE_FAILED` when it is no metrics table. */
async function findShape(client: BigqueryClient, address: TableAddress): Promise<Shape | undefined> {
  const answer = await client.call({ path: tablePath(address) }).catch((error: unknown) => {
    if (hasStatus(error, 404)) return undefined
    throw error
  })
  if (answer === undefined) return undefined
  const { location, schema } = tableResource.parse(answer)
  const { project, dataset, table } = address
  checkColumns(
    [project, dataset, table].join('.'),
    schema.fields.map(({ name }) => name),
  )
  const stampType = schema.fields.find(({ name }) => name.toLowerCase() === 'metric_timestamp')!.type
  return {
    stampType,
    location,
    // A condition on the bare column lets the engine skip partitions.
    dialect:
      stampType === 'TIMESTAMP'
        ? bigqueryDialect
        : { ...bigqueryDialect, timestamp: 'CAST(metric_timestamp AS TIMESTAMP)' },
  }
}

/** The existing table. */
export async function shapeOf(client: BigqueryClient, address: TableAddress): Promise<Shape> {
  const shape = await findShape(client, address)
  if (shape !== undefined) return shape
  const { project, dataset, table } = address
  throw Object.assign(new Error(`Not found: Table ${project}:${dataset}.${table}`), { reason: 'notFound' })
}

const COLUMNS = [
  { name: 'metric_timestamp', type: 'TIMESTAMP', mode: 'REQUIRED' },
  { name: 'metric_batch', type: 'STRING', mode: 'REQUIRED' },
  { name: 'metric_name', type: 'STRING', mode: 'REQUIRED' },
  { name: 'metric_type', type: 'STRING', mode: 'REQUIRED' },
  { name: 'metric_value', type: 'FLOAT', mode: 'REQUIRED' },
  { name: 'metadata', type: 'STRING', mode: 'REQUIRED' },
]

/** Creates dataset and table where they are missing. */
export async function ensureTable(
  client: BigqueryClient,
  address: TableAddress,
  location: string | undefined,
): Promise<void> {
  if ((await findShape(client, address)) !== undefined) return
  await ensureDataset(client, address, location)
  const { project, dataset } = address
  await unlessThere(
    client.call({
      method: 'POST',
      path: `${datasetPath({ project, dataset })}/tables`,
      body: {
        tableReference: tableReference(address),
        schema: { fields: COLUMNS },
        // By month, for one job may change at most 4,000 partitions; the columns of the key let a statement on one batch read little else.
        timePartitioning: { type: 'MONTH', field: 'metric_timestamp' },
        clustering: { fields: ['metric_batch', 'metric_type', 'metric_name'] },
      },
    }),
  )
  if ((await findShape(client, address)) === undefined)
    throw new AnomstackError(
      'WRITE_FAILED',
      `BigQuery: the table ${address.table} vanished while it was made`,
    )
}

async function ensureDataset(
  client: BigqueryClient,
  { project, dataset }: TableAddress,
  location: string | undefined,
): Promise<void> {
  const path = datasetPath({ project, dataset })
  const known = await client.call({ path }).then(
    () => true,
    (error: unknown) => {
      if (hasStatus(error, 404)) return false
      throw error
    },
  )
  // Not created blindly: that asks for the right to create even where there is nothing to create.
  if (known) return
  await unlessThere(
    client.call({
      method: 'POST',
      path: `projects/${encodeURIComponent(project)}/datasets`,
      body: {
        datasetReference: { projectId: project, datasetId: dataset },
        ...(location === undefined ? {} : { location }),
      },
    }),
  )
}

/** Somebody else may have created it at the same moment. */
async function unlessThere(creation: Promise<unknown>): Promise<void> {
  await creation.catch((error: unknown) => {
    if (!hasStatus(error, 409)) throw error
  })
}
