import { join } from 'node:path'
import type { Database } from '../src/databases/database.ts'
import type * as Databases from '../src/databases/index.ts'
import { startPostgres } from '../test/postgres/start-postgres.ts'
import { built } from './built.ts'
import { metricRows } from './database-rows.ts'
import { type Benchmark, type Measurement, timed } from './measurement.ts'
import { START } from './samples.ts'
import { inScratchFolder } from './scratch-folder.ts'

async function measure(name: string, database: Database): Promise<Measurement[]> {
  const long = database.metricsTable('long')
  const wide = database.metricsTable('wide')
  await Promise.all([long.ensure(), wide.ensure()])
  const took = async (what: string, work: () => Promise<unknown>): Promise<Measurement> => ({
    name: `${name}: ${what}`,
    value: (await timed(work)).seconds,
    unit: 's',
  })
  const results = [
    await took('upsert 1,000,000 new rows', () => long.upsert(metricRows(400, 2_500))),
    await took('upsert the same 1,000,000 rows again', () => long.upsert(metricRows(400, 2_500))),
  ]
  await long.upsert(metricRows(1_000, 2_500))
  await wide.upsert(metricRows(10_000, 300))
  results.push(
    await took('history of 1,000 metrics x 2,500 points', () =>
      long.history({ batch: 'bench', types: ['metric'] }),
    ),
    await took('newest 34 of 300 points of 10,000 metrics', () =>
      wide.history({ batch: 'bench', types: ['metric', 'score'], maxPoints: 34 }),
    ),
    await took('summary of 10,000 metrics', () => wide.summary({ since: START + 290 * 60_000 })),
    await took('upsert 100 rows', () => wide.upsert(metricRows(100, 1))),
  )
  return results
}

/** Times of the usual reads and writes of the databases that a fresh checkout runs by itself, on new files and a server of its own. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const { databases } = await built<typeof Databases>('databases/index.js')
    const server = await startPostgres()
    const results: Measurement[] = []
    try {
      for (const name of ['sqlite', 'duckdb', 'postgres']) {
        const definition = databases.get(name)!
        const options =
          name === 'postgres' ? { url: await server.createDatabase() } : { path: join(folder, `${name}.db`) }
        const database = definition.create(definition.options.parse(options), { projectDir: folder })
        results.push(...(await measure(name, database)))
        await database.close()
      }
      return results
    } finally {
      await server.stop()
    }
  })
