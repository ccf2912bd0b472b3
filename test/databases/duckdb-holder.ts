import { databases } from '../../src/databases/index.ts'

// A process of its own that keeps a DuckDB file open until it is told to end: duckdb-holder.ts FILE.
const definition = databases.get('duckdb')!
const database = definition.create(definition.options.parse({ path: process.argv[2] }), {
  projectDir: process.cwd(),
})
await database.query('CREATE TABLE IF NOT EXISTS held (a integer)')
process.send?.('open')
process.once('message', () => {
  void database.close().then(() => process.exit(0))
})
