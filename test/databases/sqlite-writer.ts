import { databases } from '../../src/databases/index.ts'

// A process of its own that writes rows into a SQLite file: sqlite-writer.ts FILE SERIES POINTS VALUE.
const [path, series, points, value] = process.argv.slice(2)
const definition = databases.get('sqlite')!
const database = definition.create(definition.options.parse({ path }), { projectDir: process.cwd() })
const table = database.metricsTable('metrics')
await table.ensure()
process.send?.('ready')
for (let i = 0; i < Number(series); i++)
  await table.upsert(
    Array.from({ length: Number(points) }, (_, at) => ({
      timestamp: at * 60_000,
      batch: 'shared',
      name: `m${i}`,
      type: 'metric' as const,
      value: Number(value),
      metadata: '',
    })),
  )
await database.close()
process.send?.('done')
process.disconnect?.()
