import { AnomstackError } from '../../core/errors.ts'
import { tableNameParts } from '../tables/identifiers.ts'
import { bigqueryDialect } from './dialect.ts'

/** Where a table is. */
export interface TableAddress {
  readonly project: string
  readonly dataset: string
  readonly table: string
}

const DATASET = /^[A-Za-z0-9_]{1,1024}$/
const TABLE = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}]{1,1024}$/u

/** The address of a table named in one, two or three parts. Throws `INPUT_INVALID` for a name that BigQuery cannot hold. */
export function tableAddress(
  name: string,
  home: { readonly project: string; readonly dataset: string | undefined },
): TableAddress {
  const parts = tableNameParts(name)
  const refuse = (problem: string): AnomstackError =>
    new AnomstackError(
      'INPUT_INVALID',
      `${JSON.stringify(name)} is not a table's name for BigQuery: ${problem}`,
    )
  if (parts.length > 3) throw refuse('write table, dataset.table or project.dataset.table')
  const [table, dataset = home.dataset, project = home.project] = parts.toReversed()
  if (dataset === undefined) throw refuse('write dataset.table, or set the option dataset of the connection')
  if (!DATASET.test(dataset)) throw refuse('a dataset has letters, digits and underscores')
  if (!TABLE.test(table!)) throw refuse('a table has letters, digits, spaces, underscores and dashes')
  return { project, dataset, table: table! }
}

/** The address as it stands in a statement. */
export function quotedTable({ project, dataset, table }: TableAddress): string {
  return [project, dataset, table].map(bigqueryDialect.quote).join('.')
}

/** The address as the API takes it in a body. */
export function tableReference({ project, dataset, table }: TableAddress): Record<string, string> {
  return { projectId: project, datasetId: dataset, tableId: table }
}

/** The path of the table in the API. */
export function tablePath({ project, dataset, table }: TableAddress): string {
  return `${datasetPath({ project, dataset })}/tables/${encodeURIComponent(table)}`
}

/** The path of the dataset in the API. */
export function datasetPath({ project, dataset }: Omit<TableAddress, 'table'>): string {
  return `projects/${encodeURIComponent(project)}/datasets/${encodeURIComponent(dataset)}`
}
