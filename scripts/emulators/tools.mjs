// What the preparations of emulators share: a cache folder, Python environments, Debian packages, Go programs.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../prepare.mjs'

/** What is installed for the tests lies here, each thing in a folder of its own that ends when its versions change. */
export const cache = path.join(root, 'node_modules', '.cache', 'anomstack-emulators')
const windows = process.platform === 'win32'

/** Packages are fetched from where pip is told to on this machine; nothing else of Python's surroundings gets in. */
export const environment = {
  ...process.env,
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONNOUSERSITE: '1',
  PYTHONUTF8: '1',
}
for (const name of ['PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV']) delete environment[name]

/** Ends the tests: there is no way to make what they need. */
export function fail(...lines) {
  for (const line of lines) console.error(line)
  console.log('0 passed, 1 failed')
  process.exit(1)
}

/** The outcome of a command, its output shown. */
export function run(command, args, options = {}) {
  return spawnSync(command, args, {
    cwd: root,
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  })
}

/**
 * The folder of something that is made once: `make(folder)` fills it, and `pins` (texts) say what it holds. Folders of the same name with other pins are
 * removed, for they are of no use any more.
 */
export function cachedFolder(name, pins, make) {
  const hash = createHash('sha256')
  for (const pin of pins) hash.update(pin).update('\0')
  const folder = path.join(cache, `${name}-${hash.digest('hex').slice(0, 16)}`)
  const ready = path.join(folder, 'ready')
  if (existsSync(ready)) return folder
  mkdirSync(cache, { recursive: true })
  for (const entry of readdirSync(cache))
    if (/^(.*)-[0-9a-f]{16}$/.exec(entry)?.[1] === name)
      rmSync(path.join(cache, entry), { recursive: true, force: true })
  make(folder)
  writeFileSync(ready, '')
  return folder
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

/** A program of a virtual environment. */
export const programIn = (folder, name) =>
  windows ? path.join(folder, 'Scripts', `${name}.exe`) : path.join(folder, 'bin', name)

/**
 * The folder of a virtual environment, made once for each set of pins. `pipArguments` say what to install (`['-r', 'requirements.txt']`, `['moto[server]==5.1.0']`),
 * relative to `cwd`; `pins` are further texts that it depends on.
 */
export function pythonEnvironment(name, pipArguments, { pins = [], cwd = root } = {}) {
  const python = findPython()
  return cachedFolder(name, [python.version, ...pipArguments, ...pins], (folder) => {
    console.error(`Installing ${name} for Python ${python.version} (this happens once) …`)
    if (run(python.command, ['-m', 'venv', folder]).status !== 0)
      fail(`${python.command} could not make a virtual environment: see above.`)
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...pipArguments]
    if (run(programIn(folder, 'python'), pip, { cwd }).status !== 0)
      fail(
        'The packages could not be installed: see above. Is PyPI, or the index that pip is set up for, within reach?',
      )
  })
}
