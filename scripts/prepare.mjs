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

/** Installs the packages of the lock file, unless those that are there came from the same lock file and major version of Node. */
export function install() {
  checkNode()
  const lock = readFileSync(path.join(root, 'package-lock.json'))
  const fingerprint = `${createHash('sha256').update(lock).digest('hex')} ${process.versions.modules} ${process.platform}-${process.arch}`
  if (upToDate('installed', fingerprint)) return
  console.error('Installing packages (this happens once) …')
  runOrExit('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 2, 2] })
  stamp('installed', fingerprint)
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
  runOrExit(
    process.execPath,
    [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'],
    { stdio: ['ignore', 2, 2] },
  )
  stamp('built', fingerprint)
}
