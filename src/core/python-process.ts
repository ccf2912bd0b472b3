import { type ChildProcess, spawn } from 'node:child_process'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from './errors.ts'

/** Seen from `src/core` and from `dist/core` alike. */
const BRIDGE = fileURLToPath(new URL('../../assets/python/bridge.py', import.meta.url))

/** Libraries start a thread for each core unless they are told not to; calls run side by side as it is. */
const THREADS = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' }

/** Descriptors of the process beside the three that everyone has. */
export const REPLY = 3
export const VERDICT = 4

export interface PythonProcessOptions {
  /** A command, or the path of an interpreter. */
  readonly command: string
  /** `call` performs one task; `detect` fits and scores until its input ends. */
  readonly mode: 'call' | 'detect'
  readonly env: Readonly<Record<string, string>>
}

/**
 * Starts the user's Python with the program's own entry in `assets/python`: tasks go to its standard input, answers come from `REPLY`, and why it
 * had to end from `VERDICT`. It leads a group of its own, which ends with it, and when this program ends.
 */
export function spawnPython({ command, mode, env }: PythonProcessOptions): ChildProcess {
  return spawn(command, ['-X', 'utf8', '-u', BRIDGE, mode], {
    env: { ...THREADS, ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  })
}

/** What to run for the `python` of a batch: a path is relative to the project's folder, a mere name is looked up on the PATH. */
export function interpreterOf(projectDir: string, python: string): string {
  return /[/\\]/.test(python) && !isAbsolute(python) ? resolve(projectDir, python) : python
}

/** Why an interpreter could not be started, and what to do. */
export function interpreterProblem(command: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const advice =
    'install Python 3.9 or newer, or name an interpreter with python: in the batch, or with ANOMSTACK_PYTHON'
  if (code === 'ENOENT')
    return /[/\\]/.test(command)
      ? `there is no Python at ${command}; ${advice}`
      : `there is no "${command}" on the PATH; ${advice}`
  if (code === 'EACCES') return `${command} cannot be executed; ${advice}`
  return `Python could not be started as ${command}: ${messageOf(cause)}`
}

/** What a verdict says of a version that is too old; undefined for others. */
export function versionProblem(command: string, verdict: string): string | undefined {
  const version = /^old ([\d.]+)/.exec(verdict)?.[1]
  return version === undefined
    ? undefined
    : `${command} is Python ${version}, and 3.9 or newer is needed; name another interpreter with python: in the batch, or with ANOMSTACK_PYTHON`
}
