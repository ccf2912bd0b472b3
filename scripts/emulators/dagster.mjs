// The code location of Dagster in deploy/dagster: its checks, and its tests against the real Dagster from PyPI.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { root } from '../prepare.mjs'
import { cache, programIn, pythonEnvironment, run as runIn } from './tools.mjs'

const dagster = path.join(root, 'deploy', 'dagster')
const run = (command, args, options) => runIn(command, args, { cwd: dagster, ...options })

/** Its virtual environment: a folder. */
export function prepare() {
  const pins = ['requirements.txt', 'requirements-dev.txt'].map((file) =>
    readFileSync(path.join(dagster, file)),
  )
  return pythonEnvironment('dagster', ['-r', 'requirements-dev.txt'], { pins, cwd: dagster })
}

/** Names of the checks that passed and failed; the package itself is installed first, as it is now. */
function check(python) {
  const checks = [
    [
      'install',
      ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-build-isolation', '--force-reinstall', '.'],
    ],
    ['format', ['-m', 'ruff', 'format', '--check', '--no-cache', '.']],
    ['lint', ['-m', 'ruff', 'check', '--no-cache', '.']],
    ['types', ['-m', 'mypy', '--cache-dir', path.join(cache, 'mypy')]],
  ]
  const outcomes = checks.map(([name, args]) => {
    const passed = run(python, args).status === 0
    console.log(`${passed ? '✓' : '✗'} dagster ${name}`)
    return passed
  })
  return { passed: outcomes.filter(Boolean).length, failed: outcomes.filter((passed) => !passed).length }
}

/** Counts of the tests, by the report that pytest writes. */
function test(python, args) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'anomstack-emulators-'))
  const report = path.join(folder, 'report.xml')
  // From elsewhere, what is tested is the installed package.
  const pytest = [
    '-m',
    'pytest',
    '-p',
    'no:cacheprovider',
    '-c',
    path.join(dagster, 'pyproject.toml'),
    '--rootdir',
    dagster,
  ]
  const { status } = run(python, [...pytest, `--junitxml=${report}`, path.join(dagster, 'tests'), ...args], {
    cwd: folder,
  })
  const suite = existsSync(report) ? (/<testsuite\b[^>]*>/.exec(readFileSync(report, 'utf8'))?.[0] ?? '') : ''
  const count = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  rmSync(folder, { recursive: true, force: true })
  const broken = count('failures') + count('errors')
  const failed = status !== 0 && broken === 0 ? 1 : broken
  return { passed: Math.max(0, count('tests') - broken - count('skipped')), failed }
}

/** Counts of what passed and failed; `args` go to pytest. */
export function testDagster(args) {
  const python = programIn(prepare(), 'python')
  return [check(python), test(python, args)]
}
