import type { MetricRow } from '../../src/core/metric-row.ts'

/** A kind of database to measure, and its vendor's client with nothing of ours around it. */
export interface Engine {
  /** As it is registered among the program's databases. */
  readonly name: string
  /** Starts it, with a folder for its files. Throws when it cannot run on this machine. */
  start(folder: string): Promise<RunningEngine>
}

export interface RunningEngine {
  /** Options of the program's database for a new, empty one. What was made before may be gone. */
  fresh(): Promise<Options>
  /** The vendor's client on that database. */
  connect(options: Options): Promise<RawClient>
  /** Ends it. */
  stop(): Promise<void>
}

export type Options = Readonly<Record<string, string | number>>

/** The vendor's client, used the fastest way that its manual has for the task. */
export interface RawClient {
  /** Adds rows to an empty metrics table, as that table is made by the program. */
  write(table: string, rows: Iterable<MetricRow>): Promise<void>
  /** Reads name, time and value of the rows that `metricRows` gave, in the order of name and time, a list for each row; returns how many. */
  read(table: string): Promise<number>
  close(): Promise<void>
}
