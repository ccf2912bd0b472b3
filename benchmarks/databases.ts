import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { MetricRow } from '../src/core/metric-row.ts'
import type { Database } from '../src/databases/database.ts'
import { databases } from '../src/databases/index.ts'
import { startPostgres } from '../test/postgres/start-postgres.ts'

interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
}

const T0 = Date.UTC(2024, 0, 1)

function* rows(metrics: number, points: number): Generator<MetricRow> {
  for (let metric = 0; metric < metrics; metric++)
    for (let point = 0; point < points; point++)
      yield {
        timestamp: T0 + point * 60_000,
        batch: 'bench',
        name: `metric_${metric}`,
        type: 'metric',
        value: metric + point / 7,
        metadata: '',
      }
}

async function timed(name: string, work: () => Promise<unknown>): Promise<Measurement> {
  const before = performance.now()
  await work()
  return { name, value: Math.round(performance.now() - before), unit: 'ms' }
}

async function measure(name: string, database: Database): Promise<Measurement[]> {
  const long = database.metricsTable('long')
  const wide = database.metricsTable('wide')
  await Promise.all([long.ensure(), wide.ensure()])
  const results = [
    await timed(`${name}: upsert 1,000,000 new rows`, () => long.upsert(rows(400, 2_500))),
    await timed(`${name}: upsert the same 1,000,000 rows again`, () => long.upsert(rows(400, 2_500))),
  ]
  await long.upsert(rows(1_000, 2_500))
  await wide.upsert(rows(10_000, 300))
  const before = process.memoryUsage().rss
  results.push(
    await timed(`${name}: history of 1,000 metrics x 2,500 points`, () =>
      long.history({ batch: 'bench', types: ['metric'] }),
    ),
    {
      name: `${name}: memory of that history`,
      value: Math.round((process.memoryUsage().rss - before) / 2 ** 20),
      unit: 'MB',
    },
    await timed(`${name}: newest 34 of 300 points of 10,000 metrics`, () =>
      wide.history({ batch: 'bench', types: ['metric', 'score'], maxPoints: 34 }),
    ),
    await timed(`${name}: summary of 10,000 metrics`, () => wide.summary({ since: T0 + 290 * 60_000 })),
    await timed(`${name}: upsert 100 rows`, () => wide.upsert(rows(100, 1))),
  )
  return results
}

/** Times of the usual reads and writes of each kind of database, on new files and a server of its own. */
export async function databasesBench(): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'anomstack-bench-'))
  const server = await startPostgres()
  const results: Measurement[] = []
  try {
    for (const [name, definition] of databases) {
      const options =
        name === 'postgres' ? { url: await server.createDatabase() } : { path: join(folder, `${name}.db`) }
      const database = definition.create(definition.options.parse(options), { projectDir: folder })
      results.push(...(await measure(name, database)))
      await database.close()
    }
    return results
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const { name, value, unit } of await databasesBench())
    process.stdout.write(`${name}: ${value} ${unit}\n`)
