import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
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
  clock_speed: z.number().positive().max(1_000_000).optional().meta({ description: '1 for real time.' }),
  clock_start: z
    .union([z.string(), z.number()])
    .refine((value) => parseTimestamp(value) !== undefined, {
      error: 'expected a time such as 2024-01-01T00:00:00Z',
    })
    .optional()
    .meta({ description: 'Time at which a sped-up clock starts.' }),
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
  clock_speed: 'ANOMSTACK_CLOCK_SPEED',
  clock_start: 'ANOMSTACK_CLOCK_START',
  data_dir: 'ANOMSTACK_DATA_DIR',
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
      maxRuntimeMs: Math.round((given.max_runtime_seconds ?? 3600) * 1000),
      clockSpeed: given.clock_speed ?? 1,
      ...(start === undefined ? {} : { clockStart: start }),
    },
  }
}
