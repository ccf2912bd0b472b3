import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { openAt } from './open-at.ts'

/** Control databases of one engine, for the tests of one `describe`; all are closed after each test. */
export interface TemporaryControls {
  /** Where there is no control database yet: a file, or the address of an empty PostgreSQL database. */
  address(): Promise<string>
  /** Opens the one at an address, or a new one. */
  open(address?: string): Promise<Control>
}

function opening(newAddress: () => Promise<string>): TemporaryControls {
  const opened: Control[] = []
  afterEach(async () => {
    for (const control of opened.splice(0)) await control.close()
  })
  return {
    address: newAddress,
    async open(address) {
      const control = await openAt(address ?? (await newAddress()))
      opened.push(control)
      return control
    },
  }
}

/** Control databases in SQLite files, each in a folder of its own that is removed after the test. */
export function temporaryControls(): TemporaryControls & { file(): string } {
  const folders: string[] = []
  const file = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'control-'))
    folders.push(folder)
    return join(folder, 'control.db')
  }
  // Hooks run in reverse order: what is opened is closed before its folder is removed.
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  return { file, ...opening(() => Promise.resolve(file())) }
}

/** Control databases on one PostgreSQL server, which is there as long as the tests of the `describe`. */
export function postgresControls(): TemporaryControls & { server(): TestPostgres } {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.stop())
  return { server: () => postgres, ...opening(() => postgres.createDatabase()) }
}

/** Every engine that keeps the control database; each keeps the same promises. */
export const ENGINES: readonly { readonly engine: string; readonly controls: () => TemporaryControls }[] = [
  { engine: 'sqlite', controls: temporaryControls },
  { engine: 'postgres', controls: postgresControls },
]

export const HOSTILE_NAMES = [
  `it's "quoted" \`back\` [x]`,
  'a/b\\c?d=e&f#g',
  "'; DROP TABLE run; --",
  'Zürich 測試 😀',
  '__proto__',
  'line\nbreak\ttab',
  'x'.repeat(5_000),
  ' ',
  'before\0after',
  '\0',
  'half \ud83d of a pair',
  '\uf8f00000',
]
