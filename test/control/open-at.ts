import type { Control } from '../../src/control/control.ts'
import { openControl } from '../../src/control/open-control.ts'

/** Opens the control database in a file, or at an address of PostgreSQL. */
export function openAt(address: string): Promise<Control> {
  return openControl(
    address.startsWith('postgres://') ? { file: '', databaseUrl: address } : { file: address },
  )
}
