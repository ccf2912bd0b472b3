import { catalogs } from '../catalogs.ts'
import { batchJsonSchema } from '../config/json-schema.ts'
import type { ExitCode } from './exit.ts'

/** Prints the JSON Schema of a batch file. */
export async function schema(): Promise<ExitCode> {
  process.stdout.write(`${JSON.stringify(batchJsonSchema(catalogs), null, 2)}\n`)
  return 0
}
