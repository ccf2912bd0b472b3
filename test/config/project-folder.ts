import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { formatFault } from '../../src/config/faults.ts'
import { type Catalogs, loadProject } from '../../src/config/load-project.ts'
import type { Batch, Project } from '../../src/config/project.ts'
import type { PluginDefinition } from '../../src/core/plugin.ts'

function catalog<Definition extends PluginDefinition>(
  ...definitions: Definition[]
): ReadonlyMap<string, Definition> {
  return new Map(definitions.map((definition) => [definition.name, definition]))
}

/** Plug-ins of every shape that a project may meet: with and without required options, with secrets, with rules over several options. */
export const catalogs: Catalogs = {
  databases: catalog(
    {
      name: 'duckdb',
      summary: 'A file.',
      options: z.strictObject({ path: z.string().default('tmpdata/anomstack-duckdb.db') }),
      example: {},
      environment: { path: 'ANOMSTACK_DUCKDB_PATH' },
    },
    {
      name: 'sqlite',
      summary: 'A file.',
      options: z.strictObject({ path: z.string().default('tmpdata/sqlite.db') }),
      example: {},
    },
    {
      name: 'postgres',
      summary: 'A server.',
      options: z.strictObject({
        url: z.string().meta({ secret: true }),
        pool: z.int().min(1).default(4),
        password: z.string().meta({ secret: true }).optional(),
      }),
      example: { url: 'postgres://localhost/db' },
      environment: {
        url: 'ANOMSTACK_POSTGRES_URL',
        pool: 'ANOMSTACK_POSTGRES_POOL',
        password: 'ANOMSTACK_POSTGRES_PASSWORD',
      },
    },
  ),
  channels: catalog(
    {
      name: 'email',
      summary: 'SMTP.',
      options: z.strictObject({
        from: z.string(),
        to: z.union([z.string(), z.array(z.string())]),
        port: z.int().default(587),
        password: z.string().meta({ secret: true }).optional(),
      }),
      example: { from: 'a@example.test', to: 'b@example.test' },
      environment: {
        from: 'ANOMSTACK_ALERT_EMAIL_FROM',
        to: 'ANOMSTACK_ALERT_EMAIL_TO',
        port: 'ANOMSTACK_ALERT_EMAIL_SMTP_PORT',
        password: 'ANOMSTACK_ALERT_EMAIL_PASSWORD',
      },
    },
    {
      name: 'slack',
      summary: 'Slack.',
      options: z
        .strictObject({
          bot_token: z.string().meta({ secret: true }).optional(),
          channel: z.string().optional(),
          webhook_url: z.url().meta({ secret: true }).optional(),
        })
        .refine((given) => (given.bot_token && given.channel) || given.webhook_url, {
          error: 'needs bot_token and channel, or webhook_url',
        }),
      example: { bot_token: 'xoxb-example', channel: '#alerts' },
      environment: { bot_token: 'ANOMSTACK_SLACK_BOT_TOKEN', channel: 'ANOMSTACK_SLACK_CHANNEL' },
    },
    { name: 'console', summary: 'Standard output.', options: z.strictObject({}), example: {} },
  ),
  storages: catalog(
    { name: 'local', summary: 'A folder.', options: z.strictObject({}), example: {} },
    {
      name: 's3',
      summary: 'A bucket.',
      options: z.strictObject({ region: z.string() }),
      example: { region: 'eu' },
      environment: { region: 'AWS_REGION' },
    },
  ),
  detectors: catalog(
    { name: 'auto', summary: 'By itself.', options: z.strictObject({}), example: {}, family: 'timed' },
    {
      name: 'PCA',
      summary: 'Components.',
      options: z.strictObject({ contamination: z.number().min(0).max(0.5).default(0.1) }),
      example: {},
    },
    {
      name: 'KNN',
      summary: 'Neighbours.',
      options: z.strictObject({
        contamination: z.number().min(0).max(0.5).default(0.1),
        n_neighbors: z.int().min(1).default(5),
      }),
      example: {},
    },
    {
      name: 'IForest',
      aliases: ['IsolationForest'],
      summary: 'Trees.',
      options: z.strictObject({ contamination: z.number().default(0.1), n_estimators: z.int().default(100) }),
      example: {},
    },
  ),
}

/** A new project folder, removed when the test ends. Texts by path. */
export function projectFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'anomstack-project-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  mkdirSync(join(dir, 'metrics'))
  addFiles(dir, files)
  return dir
}

export function addFiles(dir: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
}

/** Loads a new project folder of these files. */
export function load(
  files: Readonly<Record<string, string | Uint8Array>>,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Project> {
  return loadProject(projectFolder(files), catalogs, environment)
}

/** The smallest batch, with more lines. */
export function batchText(...lines: readonly string[]): string {
  return ['metric_batch: sales', 'ingest_sql: select 1', ...lines, ''].join('\n')
}

/** The batch `sales` of a project whose only batch file has these lines more. */
export async function loadBatch(
  lines: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Batch> {
  const project = await load({ 'metrics/sales.yaml': batchText(...lines) }, environment)
  const batch = project.batches.get('sales')
  if (batch === undefined) throw new Error(faultLines(project).join('\n'))
  return batch
}

export function faultLines(project: Project): readonly string[] {
  return project.faults.map(formatFault)
}
