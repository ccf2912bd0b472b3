import type { AnomstackError } from '../core/errors.ts'
import type { Control } from './control.ts'

export interface ControlLocation {
  /** SQLite file, for when there is no address. */
  readonly file: string
  /** Of a PostgreSQL database. */
  readonly databaseUrl?: string
  /** Called when a connection that nobody was using broke; the next call gets another. */
  readonly onIdleError?: (error: AnomstackError) => void
}

/** Opens the control database on the engine that the project chose; only that engine's driver is loaded. Errors: `CONTROL_FAILED`. */
export async function openControl({ file, databaseUrl, onIdleError }: ControlLocation): Promise<Control> {
  if (databaseUrl === undefined) {
    const { openSqliteControl } = await import('./sqlite-control.ts')
    return openSqliteControl(file)
  }
  const { openPostgresControl } = await import('./postgres-control.ts')
  return openPostgresControl(databaseUrl, onIdleError === undefined ? {} : { onIdleError })
}
