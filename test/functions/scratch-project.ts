import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import type { FunctionLimits, FunctionSource } from '../../src/functions/function-runner.ts'

/** A folder of files that is gone after the tests of this file; returns its absolute path. */
export function scratchProject(files: Readonly<Record<string, string>> = {}): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'anomstack-functions-')))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

export const LIMITS: FunctionLimits = { timeoutMs: 30_000, memoryMb: 128 }

export function typescript(text: string, file = '/project/metrics/sales.ts'): FunctionSource {
  return { language: 'typescript', text, file }
}

export function javascript(text: string, file = '/project/metrics/sales.js'): FunctionSource {
  return { language: 'javascript', text, file }
}
