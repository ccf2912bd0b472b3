// `npm run test:emulators`: tests against software that is not on npm (Dagster). It is installed from PyPI into node_modules/.cache, once for each set of
// pinned versions. Ends on a line that counts passed and failed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { build, install, root } from './prepare.mjs'

const cache = path.join(root, 'node_modules', '.cache', 'anomstack-emulators')
const dagster = path.join(root, 'deploy', 'dagster')
const windows = process.platform === 'win32'

/** Packages are fetched from where pip is told to on this machine; nothing else of Python's surroundings gets in. */
const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONNOUSERSITE: '1', PYTHONUTF8: '1' }
for (const name of ['PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV']) delete environment[name]

function fail(...lines) {
  for (const line of lines) console.error(line)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

/** The outcome of a command, its output shown. */
function run(command, args, options = {}) {
  return spawnSync(command, args, {
    cwd: dagster,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  })
}

function findPython() {
  for (const command of [process.env.PYTHON, 'python3.11', 'python3', 'python3.12', 'python3.13', 'python']) {
    if (!command) continue
    const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'
    const { status, stdout } = spawnSync(command, ['-c', script], { env: environment, encoding: 'utf8' })
    const [major, minor] = (stdout ?? '').trim().split('.').map(Number)
    if (status === 0 && major === 3 && minor >= 10 && minor < 15)
      return { command, version: `${major}.${minor}` }
  }
  return fail(
    'These tests need Python 3.10 to 3.14 with venv and pip: install it (on Debian: apt-get install python3 python3-venv),',
    'or say which one with PYTHON=/path/to/python3.',
  )
}

/** The folder of a virtual environment with the pinned packages; made anew when they have changed, and used again once it was whole. */
function prepareEnvironment() {
  const python = findPython()
  const pins = ['requirements.txt', 'requirements-dev.txt'].map((file) =>
    readFileSync(path.join(dagster, file)),
  )
  const hash = createHash('sha256').update(python.version)
  for (const pin of pins) hash.update(pin)
  const folder = path.join(cache, `dagster-${hash.digest('hex').slice(0, 16)}`)
  const ready = path.join(folder, 'ready')
  if (existsSync(ready)) return folder

  // Those of earlier versions are of no use any more.
  mkdirSync(cache, { recursive: true })
  for (const entry of readdirSync(cache))
    if (entry.startsWith('dagster-')) rmSync(path.join(cache, entry), { recursive: true, force: true })
  console.error(`Installing Dagster for Python ${python.version} (this happens once) …`)
  if (run(python.command, ['-m', 'venv', folder]).status !== 0)
    fail(`${python.command} could not make a virtual environment: see above.`)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements-dev.txt']
  if (run(pythonIn(folder), pip).status !== 0)
    fail(
      'The packages could not be installed: see above. Is PyPI, or the index that pip is set up for, within reach?',
    )
  writeFileSync(ready, '')
  return folder
}

const pythonIn = (folder) =>
  windows ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python')

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

install()
build()
const python = pythonIn(prepareEnvironment())
const outcomes = [check(python), test(python, process.argv.slice(2))]
const sum = (name) => outcomes.reduce((total, outcome) => total + outcome[name], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exit(sum('failed') === 0 ? 0 : 1)
