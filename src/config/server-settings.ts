import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { QUEUE_NAMES, type QueueName } from '../core/queues.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { type Variables, variable } from './environment.ts'
import { interpolate, valueFromText } from './environment-values.ts'
import type { Place, Report } from './faults.ts'
import type { Layer } from './layers.ts'
import type { ServerSettings } from './project.ts'
import { schemaFaults } from './schema-faults.ts'
import { isTimeZone } from './time-zones.ts'

const serverSection = z.strictObject({
  host: z.string().min(1).optional().meta({ description: 'Address to listen on.' }),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .meta({ description: 'Port to listen on; 0 for any that is free.' }),
  public_url: z
    .url({ protocol: /^https?$/, error: 'expected an address that starts with http:// or https://' })
    .optional()
    .meta({ description: 'Base of links in messages.' }),
  time_zone: z
    .string()
    .refine(isTimeZone, { error: 'expected an IANA time zone such as Europe/Berlin' })
    .optional()
    .meta({ description: 'Time zone of schedules of the whole program.' }),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: 'Worker threads for training and scoring.' }),
  concurrency: z.int().min(1).max(10_000).optional().meta({ description: 'Runs at a time.' }),
  max_runtime_seconds: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'A run is canceled after so many seconds.' }),
  queues: z
    .partialRecord(
      z.enum(QUEUE_NAMES),
      z.strictObject({
        concurrency: z.int().min(1).optional().meta({ description: 'Runs at a time in one process.' }),
        global_concurrency: z
          .int()
          .min(1)
          .optional()
          .meta({ description: 'Runs at a time in all processes.' }),
        rate: z
          .strictObject({ limit: z.int().min(1), seconds: z.number().positive() })
          .optional()
          .meta({ description: 'Runs that may start within so many seconds, in all processes.' }),
      }),
    )
    .optional()
    .meta({ description: 'Limits of the queues of runs.' }),
  database_concurrency: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Runs at a time, in all processes, that work on one database connection.' }),
  stuck_after_minutes: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'A run that runs longer than this is reported as stuck.' }),
  database_url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, { error: 'expected an address that starts with postgres://' })
    .optional()
    .meta({ description: 'PostgreSQL that holds the control database and drives the runs.', secret: true }),
  heartbeat_url: z
    .url({ protocol: /^https?$/, error: 'expected an address that starts with http:// or https://' })
    .optional()
    .meta({
      description: 'Called with GET every minute: whoever watches the watcher notices when it stops.',
    }),
  notice_channels: z.string().optional().meta({
    description: 'Channels that are told of failed and stuck runs, faults of files, and missing data.',
  }),
  config_watcher: z
    .boolean()
    .optional()
    .meta({ description: 'Whether changes of files take effect without a restart.' }),
  config_watcher_interval: z
    .number()
    .min(0.1)
    .max(86_400)
    .optional()
    .meta({ description: 'Files are looked at every so many seconds, even where nothing tells of changes.' }),
  retention_days: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'Records of runs, steps, logs and ticks are deleted after so many days.' }),
  retention_runs: z.int().min(1).optional().meta({ description: 'At most so many runs are kept on record.' }),
  retention_schedule: z.string().optional().meta({ description: 'When old records are deleted.' }),
  retention_enabled: z.boolean().optional().meta({ description: 'Whether old records are deleted.' }),
  clock_speed: z.number().positive().max(1_000_000).optional().meta({ description: '1 for real time.' }),
  clock_start: z
    .union([z.string(), z.number()])
    .refine((value) => parseTimestamp(value) !== undefined, {
      error: 'expected a time such as 2024-01-01T00:00:00Z',
    })
    .optional()
    .meta({ description: 'Time at which a sped-up clock starts.' }),
  anonymize_key: z
    .string()
    .min(16, { error: 'expected at least 16 characters' })
    .optional()
    .meta({ description: 'Key of the hashes that `anonymize` puts in place of texts.', secret: true }),
  data_dir: z.string().min(1).optional().meta({ description: "Folder of the program's own files." }),
})

type Key = keyof typeof serverSection.shape

const ENVIRONMENT: Readonly<Record<Key, string>> = {
  host: 'ANOMSTACK_HOST',
  port: 'ANOMSTACK_PORT',
  public_url: 'ANOMSTACK_PUBLIC_URL',
  time_zone: 'ANOMSTACK_TIME_ZONE',
  threads: 'ANOMSTACK_THREADS',
  concurrency: 'ANOMSTACK_CONCURRENCY',
  max_runtime_seconds: 'ANOMSTACK_MAX_RUNTIME_SECONDS_TAG',
  queues: 'ANOMSTACK_QUEUES',
  database_concurrency: 'ANOMSTACK_DATABASE_CONCURRENCY',
  stuck_after_minutes: 'ANOMSTACK_KILL_RUN_AFTER_MINUTES',
  database_url: 'ANOMSTACK_DATABASE_URL',
  heartbeat_url: 'ANOMSTACK_HEARTBEAT_URL',
  notice_channels: 'ANOMSTACK_NOTICE_CHANNELS',
  config_watcher: 'ANOMSTACK_CONFIG_WATCHER',
  config_watcher_interval: 'ANOMSTACK_CONFIG_WATCHER_INTERVAL',
  retention_days: 'ANOMSTACK_RETENTION_DAYS',
  retention_runs: 'ANOMSTACK_RETENTION_RUNS',
  retention_schedule: 'ANOMSTACK_RETENTION_SCHEDULE',
  retention_enabled: 'ANOMSTACK_RETENTION_ENABLED',
  clock_speed: 'ANOMSTACK_CLOCK_SPEED',
  clock_start: 'ANOMSTACK_CLOCK_START',
  anonymize_key: 'ANOMSTACK_ANONYMIZE_KEY',
  data_dir: 'ANOMSTACK_DATA_DIR',
}

function queueLimits(given: z.output<typeof serverSection>['queues']): ServerSettings['queues'] {
  return new Map(
    Object.entries(given ?? {}).map(([queue, { concurrency, global_concurrency, rate }]) => [
      queue as QueueName,
      {
        ...(concurrency === undefined ? {} : { concurrency }),
        ...(global_concurrency === undefined ? {} : { globalConcurrency: global_concurrency }),
        ...(rate === undefined ? {} : { rate: { limit: rate.limit, periodMs: rate.seconds * 1000 } }),
      },
    ]),
  )
}

/** Settings of the process, and the absolute folder of its files. The environment beats `anomstack.yaml`; a faulty value gives way to the default. */
export function readServerSettings(options: {
  readonly dir: string
  readonly section: Layer
  readonly variables: Variables
  readonly report: Report
}): { readonly server: ServerSettings; readonly dataDir: string } {
  const { dir, section, variables, report } = options
  const values: Record<string, unknown> = {}
  const places = new Map<string, (part: 'key' | 'value') => Place>()
  for (const [key, { value, placeOf }] of section) {
    const { value: replaced, changed, missing } = interpolate(value, variables)
    for (const { path, name } of missing)
      report(placeOf(path), { message: `the environment variable ${name} is not set` })
    if (missing.length > 0) continue
    values[key] =
      changed && typeof replaced === 'string'
        ? valueFromText(serverSection.shape[key as Key], replaced)
        : replaced
    places.set(key, (part) => placeOf([], part))
  }
  for (const [key, name] of Object.entries(ENVIRONMENT)) {
    const text = variable(variables, name)
    if (text === undefined) continue
    values[key] = valueFromText(serverSection.shape[key as Key], text)
    places.set(key, () => ({ file: name }))
  }
  for (const fault of schemaFaults(serverSection, values)) {
    const key = String(fault.path[0])
    report(places.get(key)?.(fault.part) ?? { file: 'anomstack.yaml' }, fault)
    delete values[key]
  }
  const given = serverSection.parse(values)
  const port = given.port ?? 8080
  const start = given.clock_start === undefined ? undefined : parseTimestamp(given.clock_start)
  return {
    dataDir: resolve(dir, given.data_dir ?? '.anomstack'),
    server: {
      host: given.host ?? '127.0.0.1',
      port,
      publicUrl: (given.public_url ?? `http://localhost:${port}`).replace(/\/+$/, ''),
      timeZone: given.time_zone ?? 'UTC',
      threads: given.threads ?? Math.max(1, availableParallelism()),
      concurrency: given.concurrency ?? 4,
      queues: queueLimits(given.queues),
      databaseConcurrency: given.database_concurrency ?? Math.max(8, given.concurrency ?? 0),
      maxRuntimeMs: Math.round((given.max_runtime_seconds ?? 3600) * 1000),
      stuckAfterMs: Math.round((given.stuck_after_minutes ?? 15) * 60_000),
      ...(given.database_url === undefined ? {} : { databaseUrl: given.database_url }),
      ...(given.anonymize_key === undefined ? {} : { anonymizeKey: given.anonymize_key }),
      ...(given.heartbeat_url === undefined ? {} : { heartbeatUrl: given.heartbeat_url }),
      noticeChannels: given.notice_channels ?? 'email,slack',
      configWatcher: given.config_watcher ?? true,
      configWatcherMs: Math.round((given.config_watcher_interval ?? 30) * 1000),
      retentionMs: Math.round((given.retention_days ?? 30) * 86_400_000),
      retentionRuns: given.retention_runs ?? 100_000,
      retentionSchedule:
        given.retention_enabled === false ? null : (given.retention_schedule ?? '0 */6 * * *'),
      clockSpeed: given.clock_speed ?? 1,
      ...(start === undefined ? {} : { clockStart: start }),
    },
  }
}
