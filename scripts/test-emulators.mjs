// `npm run test:emulators`: tests against software that is not on npm. It is installed into node_modules/.cache from where this machine gets it (PyPI, Debian, the
// Go proxy), once for each set of pinned versions. Ends on a line that counts passed and failed. Arguments choose tests by file: `npm run test:emulators -- mysql`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { EMULATORS } from './emulators/index.mjs'
import { build, install, root } from './prepare.mjs'
import { readReport } from './report.mjs'

/** Counts of the tests of these emulators. */
async function testsOf(names) {
  const variables = Object.assign({}, ...names.map((name) => EMULATORS[name].prepare()))
  const folder = mkdtempSync(path.join(os.tmpdir(), 'anomstack-emulators-'))
  const report = path.join(folder, 'report.json')
  const files = names.map((name) => `test/emulators/${name}.`)
  const vitest = spawn(
    process.execPath,
    [
      path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--config=vitest.emulators.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...variables, NODE_ENV: 'test' } },
  )
  const [status] = await once(vitest, 'exit')
  const counts = readReport(report, status)
  rmSync(folder, { recursive: true, force: true })
  return counts
}

install()
build()
const folder = path.join(root, 'test', 'emulators')
const present = new Set(
  readdirSync(folder).flatMap((file) => (file.endsWith('.test.ts') ? [file.split('.')[0]] : [])),
)
const unprepared = [...present].filter((name) => !(name in EMULATORS))
if (unprepared.length > 0) throw new Error(`nothing prepares what these tests need: ${unprepared.join(', ')}`)
const given = process.argv.slice(2)
const wanted = (name) => given.length === 0 || given.includes(name)
const names = [...present].filter(wanted)

/** Dagster's tests run beside the others; what they print comes after. */
async function testsOfDagster() {
  const child = spawn(process.execPath, [path.join(root, 'scripts', 'emulators', 'test-dagster.mjs')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const [status] = await once(child, 'close')
  return { status, output }
}

const dagster = wanted('dagster') ? testsOfDagster() : undefined
const outcomes = names.length > 0 ? [await testsOf(names)] : []
if (dagster !== undefined) {
  const { status, output } = await dagster
  console.log(output)
  const [, passed = 0, failed = 0] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? []
  outcomes.push({ passed: Number(passed), failed: Math.max(Number(failed), status === 0 ? 0 : 1) })
}
const sum = (name) => outcomes.reduce((total, outcome) => total + outcome[name], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exit(sum('failed') === 0 && outcomes.length > 0 ? 0 : 1)
