// Brings a checkout into a runnable state with nothing but Node and npm, and does nothing when it is in one already.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stampFile = (name) => path.join(root, 'node_modules', `.anomstack-${name}`)

/** Runs a command in the checkout, its output shown; ends this process with its exit code when it fails. */
export function runOrExit(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  })
  if (result.error) {
    console.error(`${command} could not be started: ${result.error.message}`)
    process.exit(1)
  }
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Anomstack needs Node 20.19 or newer; this is Node ${process.versions.node}.`)
  process.exit(1)
}

function upToDate(name, fingerprint) {
  return existsSync(stampFile(name)) && readFileSync(stampFile(name), 'utf8') === fingerprint
}

function stamp(name, fingerprint) {
  mkdirSync(path.dirname(stampFile(name)), { recursive: true })
  writeFileSync(stampFile(name), fingerprint)
}

const lockFile = path.join(root, 'package-lock.json')
/** Of the packages for tests, those that `npm start` needs too: the compiler, and the data of the demo. Of what they depend on they need nothing here. */
const WANTED_TOO = ['typescript', 'vega-datasets']

/** Of packages installed from the lock file as it is now, by this version of Node. */
function packagesFingerprint() {
  const lock = createHash('sha256').update(readFileSync(lockFile)).digest('hex')
  return `${lock} ${process.versions.modules} ${process.platform}-${process.arch}`
}

const NPM = ['--no-audit', '--no-fund', '--loglevel=error']

/** Installs every package of the lock file, unless those that are there came from the same lock file and major version of Node. */
export function install() {
  checkNode()
  const fingerprint = packagesFingerprint()
  if (upToDate('installed', fingerprint)) return
  console.error('Installing packages (this happens once) …')
  runOrExit('npm', ['ci', ...NPM], { stdio: ['ignore', 2, 2] })
  stamp('installed', fingerprint)
}

/** Installs only what the product needs to run: a tenth of what the tests need. Where everything is there already, that will do. */
export function installToRun() {
  checkNode()
  const fingerprint = packagesFingerprint()
  if (upToDate('installed', fingerprint) || upToDate('installed-to-run', fingerprint)) return
  console.error('Installing packages (this happens once) …')
  runOrExit('npm', ['ci', '--omit=dev', ...NPM], { stdio: ['ignore', 2, 2] })
  addWantedToo()
  stamp('installed-to-run', fingerprint)
}

/** Installs single packages in the versions of the lock file, and moves them to the others. */
function addWantedToo() {
  const folder = path.join(root, 'node_modules', '.cache', 'anomstack-wanted-too')
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'))
  const wanted = WANTED_TOO.map((name) => `${name}@${packages[`node_modules/${name}`].version}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}')
  const alone = ['--no-save', '--no-package-lock', '--ignore-scripts']
  runOrExit('npm', ['install', ...alone, ...NPM, ...wanted], { cwd: folder, stdio: ['ignore', 2, 2] })
  for (const name of WANTED_TOO)
    renameSync(path.join(folder, 'node_modules', name), path.join(root, 'node_modules', name))
  rmSync(folder, { recursive: true, force: true })
}

function sourcesFingerprint() {
  const parts = []
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const file = path.join(folder, entry.name)
      if (entry.isDirectory()) visit(file)
      else {
        const { mtimeMs, size } = statSync(file)
        parts.push(`${path.relative(root, file)} ${mtimeMs} ${size}`)
      }
    }
  }
  visit(path.join(root, 'src'))
  for (const file of ['tsconfig.json', 'tsconfig.build.json'])
    parts.push(`${file} ${statSync(path.join(root, file)).mtimeMs}`)
  return createHash('sha256').update(parts.sort().join('\n')).digest('hex')
}

/** Compiles src/ to dist/, unless dist/ was made from the same files. */
export function build() {
  const fingerprint = sourcesFingerprint()
  if (upToDate('built', fingerprint) && existsSync(path.join(root, 'dist', 'main.js'))) return
  console.error('Building …')
  rmSync(path.join(root, 'dist'), { recursive: true, force: true })
  // Without the packages of the tests, types of optional ones are not there to be checked against.
  const checks = upToDate('installed', packagesFingerprint())
  const unchecked = checks ? [] : ['--noCheck', '--types', 'null', '--declaration', 'false']
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  runOrExit(process.execPath, [compiler, '-p', 'tsconfig.build.json', ...unchecked], {
    stdio: ['ignore', 2, 2],
  })
  stamp('built', fingerprint)
}
