import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { openControl } from '../../src/control/sqlite-control.ts'

/** Control databases that are closed and removed after each test. */
export function temporaryControls() {
  const folders: string[] = []
  const opened: Control[] = []
  afterEach(async () => {
    for (const control of opened.splice(0)) await control.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const newFile = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'control-'))
    folders.push(folder)
    return join(folder, 'control.db')
  }
  return {
    file: newFile,
    async open(file = newFile()): Promise<Control> {
      const control = await openControl(file)
      opened.push(control)
      return control
    },
  }
}

export const HOSTILE_NAMES = [
  `it's "quoted" \`back\` [x]`,
  'a/b\\c?d=e&f#g',
  "'; DROP TABLE run; --",
  'Zürich 測試 😀',
  '__proto__',
  'line\nbreak\ttab',
  'x'.repeat(5_000),
  ' ',
]
