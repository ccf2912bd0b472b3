import type { QueueLimits, QueueName } from '../core/queues.ts'
import type { BatchSettings } from './batch-settings.ts'
import type { BatchCalendar } from './calendar-effects.ts'

/** Everything that a project folder and the environment say, checked and frozen. Faulty parts are left out of it and listed in `faults`. */
export interface Project {
  /** Absolute. */
  readonly dir: string
  /** Absolute folder of the batch files, and root of template includes: `dir/metrics` where it exists, otherwise `dir`. */
  readonly metricsDir: string
  /** Absolute folder of the program's own files (control database, locks): `dir/.anomstack` unless configured. */
  readonly dataDir: string
  /** By name, in the order of names. */
  readonly batches: ReadonlyMap<string, Batch>
  /** Named connections of `anomstack.yaml`, and one under its own name for every known kind of database. */
  readonly connections: ReadonlyMap<string, PluginInstance>
  /** Named channels of `anomstack.yaml`, and one under its own name for every known kind. */
  readonly channels: ReadonlyMap<string, ChannelInstance>
  /** Options of the model storages, by kind. */
  readonly storages: ReadonlyMap<string, PluginInstance>
  readonly server: ServerSettings
  readonly faults: readonly Fault[]
  /** Values that must never be shown: those of options marked secret, from files or environment. */
  readonly secrets: readonly string[]
}

export interface PluginInstance {
  readonly kind: string
  /** Validated by the plug-in's own schema. */
  readonly options: Readonly<Record<string, unknown>>
}

/** A channel whose required options nobody has set is known but not configured; `missing` says what to set. */
export type ChannelInstance =
  | (PluginInstance & { readonly configured: true })
  | { readonly kind: string; readonly configured: false; readonly missing: string }

export interface ServerSettings {
  readonly host: string
  readonly port: number
  /** Base of links in messages. */
  readonly publicUrl: string
  readonly timeZone: string
  /** Worker threads for training and scoring. */
  readonly threads: number
  /** Runs at a time in one process. */
  readonly concurrency: number
  /** Limits of the queues, where they are configured. */
  readonly queues: ReadonlyMap<QueueName, QueueLimits>
  /** Runs at a time, in all processes, that work on one database connection. */
  readonly databaseConcurrency: number
  /** A run is canceled after this long. */
  readonly maxRuntimeMs: number
  /** A run that runs longer than this is reported as stuck. */
  readonly stuckAfterMs: number
  /** Address of the PostgreSQL that holds the control database and drives the runs; undefined for a SQLite file and one machine. */
  readonly databaseUrl?: string
  /** Key of the hashes that batches put in place of texts; a secret. */
  readonly anonymizeKey?: string
  /** Called with GET every minute while schedules are looked after. */
  readonly heartbeatUrl?: string
  /** Channels that are told of failed and stuck runs, faults of files, and data that does not come. */
  readonly noticeChannels: string
  /** Whether changes of the project's files take effect without a restart. */
  readonly configWatcher: boolean
  /** How often files are looked at, in real ms. */
  readonly configWatcherMs: number
  /** Records of runs, steps, logs and ticks older than this are deleted, … */
  readonly retentionMs: number
  /** … and those of runs beyond the newest so many. */
  readonly retentionRuns: number
  /** When the retention job runs; null for never. */
  readonly retentionSchedule: string | null
  /** 1 on real time; tests speed the clock up. */
  readonly clockSpeed: number
  /** When a sped-up clock and the machine's agreed, epoch ms; at the start of the program when not given. */
  readonly clockStart?: number
}

export interface Batch {
  readonly name: string
  /** Relative to the project's folder. */
  readonly file: string
  readonly settings: BatchSettings
  /** What ingest runs, in order; at least one unless ingest is disabled. */
  readonly sources: readonly Source[]
  /** Calendars that it uses; none when absent. */
  readonly calendars?: readonly BatchCalendar[]
  /** What templates of the batch see: every key of the merged file, defaults included, own extra keys too. */
  readonly variables: Readonly<Record<string, unknown>>
}

/** Text is a template: it is rendered when it is used. `file`, relative to the project's folder, is where the text stands: the batch file, or the file that is
 * all that the text includes. */
export type Source =
  | { readonly kind: 'sql'; readonly text: string; readonly file: string; readonly metric?: string }
  | {
      readonly kind: 'function'
      readonly language: 'javascript' | 'typescript' | 'python'
      readonly text: string
      readonly file: string
      readonly metric?: string
    }

/** Something wrong in a file or in the environment. Lines and columns start at 1. */
export interface Fault {
  readonly severity: 'error' | 'warning'
  /** Relative to the project's folder, or the name of an environment variable. */
  readonly file: string
  readonly line?: number
  readonly column?: number
  readonly batch?: string
  readonly message: string
  /** What to write instead. */
  readonly suggestion?: string
}
