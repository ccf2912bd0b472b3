import { spawnSync } from 'node:child_process'
import type { PythonSource } from '../../src/functions/function-runner.ts'

if (spawnSync('python3', ['--version']).status !== 0)
  throw new Error(
    'these tests need python3 (3.9 or newer) on the PATH: install it, on Debian with apt-get install python3',
  )

/** A function in Python as a batch has it; by default it stands in a batch file that does not exist. */
export function python(text: string, more: Partial<PythonSource> = {}): PythonSource {
  return {
    language: 'python',
    text,
    file: '/project/metrics/sales.yaml',
    batch: 'sales',
    python: 'python3',
    folder: '/project',
    ...more,
  }
}
