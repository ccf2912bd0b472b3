import type { Patience } from '../interruption.ts'
import type { BigqueryClient } from './client.ts'
import { queryParameters } from './parameters.ts'

/** What a piece of work has at hand. */
export interface BigquerySession {
  readonly client: BigqueryClient
  readonly patience: Patience
  /** Where jobs run that the location of a table does not decide on. */
  readonly location: string | undefined
  /** A job that runs a statement with its bound values. */
  configuration(text: string, values?: readonly unknown[]): Readonly<Record<string, unknown>>
}

interface Defaults {
  readonly client: BigqueryClient
  readonly patience: Patience
  readonly location: string | undefined
  readonly dataset: string | undefined
  readonly maxBytesBilled: number | undefined
  readonly timeoutMs: number | undefined
}

/** How much later than we the engine gives up by itself, in case this process has ended by then. */
const GRACE_MS = 10_000

/** A session whose statements find tables in the default dataset, and are under its limits. */
export function bigquerySession({
  client,
  patience,
  location,
  dataset,
  maxBytesBilled,
  timeoutMs,
}: Defaults): BigquerySession {
  return {
    client,
    patience,
    location,
    configuration: (text, values = []) => ({
      ...(timeoutMs === undefined ? {} : { jobTimeoutMs: String(Math.ceil(timeoutMs) + GRACE_MS) }),
      query: {
        query: text,
        useLegacySql: false,
        ...(values.length === 0 ? {} : { parameterMode: 'NAMED', queryParameters: queryParameters(values) }),
        ...(dataset === undefined
          ? {}
          : { defaultDataset: { projectId: client.project, datasetId: dataset } }),
        ...(maxBytesBilled === undefined ? {} : { maximumBytesBilled: String(maxBytesBilled) }),
      },
    }),
  }
}
