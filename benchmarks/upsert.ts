import { join } from 'node:path'
import type * as Databases from '../src/databases/index.ts'
import { built } from './built.ts'
import { metricRows } from './database-rows.ts'
import { type Benchmark, timed } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

/** A million new rows into a SQLite file. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const { databases } = await built<typeof Databases>('databases/index.js')
    const definition = databases.get('sqlite')!
    const database = definition.create(definition.options.parse({ path: join(folder, 'bench.db') }), {
      projectDir: folder,
    })
    const table = database.metricsTable('metrics')
    await table.ensure()
    const { seconds } = await timed(() => table.upsert(metricRows(400, 2_500)))
    await database.close()
    return [{ name: 'upsert 1,000,000 rows into SQLite', value: seconds, unit: 's', target: { most: 12 } }]
  })
