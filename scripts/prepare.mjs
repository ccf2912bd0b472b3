// Brings a checkout into a runnable state with nothing but Node and npm, and does nothing when it is in one already.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
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
const compilerFolder = path.join(root, 'node_modules', '.cache', 'anomstack-compiler')

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

/** Installs only what the product needs to run, and the compiler: a tenth of what the tests need. Where everything is there already, that will do. */
export function installToRun() {
  checkNode()
  const fingerprint = packagesFingerprint()
  if (upToDate('installed', fingerprint) || upToDate('installed-to-run', fingerprint)) return
  console.error('Installing packages (this happens once) …')
  runOrExit('npm', ['ci', '--omit=dev', ...NPM], { stdio: ['ignore', 2, 2] })
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'))
  const { dev, ...compiler } = packages['node_modules/typescript']
  const alone = { name: 'compiler', version: '0.0.0', dependencies: { typescript: compiler.version } }
  mkdirSync(compilerFolder, { recursive: true })
  writeFileSync(path.join(compilerFolder, 'package.json'), JSON.stringify(alone))
  writeFileSync(
    path.join(compilerFolder, 'package-lock.json'),
    JSON.stringify({
      name: 'compiler',
      version: '0.0.0',
      lockfileVersion: 3,
      packages: { '': alone, 'node_modules/typescript': compiler },
    }),
  )
  runOrExit('npm', ['ci', ...NPM], { cwd: compilerFolder, stdio: ['ignore', 2, 2] })
  stamp('installed-to-run', fingerprint)
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
  const compiler = (folder) => path.join(folder, 'node_modules', 'typescript', 'bin', 'tsc')
  const checks = existsSync(compiler(root))
  // Without the packages of the tests, types of optional ones are not there to be checked against.
  const unchecked = checks ? [] : ['--noCheck', '--types', 'null', '--declaration', 'false']
  runOrExit(
    process.execPath,
    [compiler(checks ? root : compilerFolder), '-p', 'tsconfig.build.json', ...unchecked],
    { stdio: ['ignore', 2, 2] },
  )
  stamp('built', fingerprint)
}
