// `npm run test:emulators`: tests against software that is not on npm. It is installed into node_modules/.cache from where this machine gets it (PyPI, Debian, the
// Go proxy), once for each set of pinned versions. Ends on a line that counts passed and failed. Arguments choose tests by file: `npm run test:emulators -- mysql`.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { testDagster } from './emulators/dagster.mjs'
import { EMULATORS } from './emulators/index.mjs'
import { build, install, root } from './prepare.mjs'

function testsOf(names) {
  const variables = Object.assign({}, ...names.map((name) => EMULATORS[name].prepare()))
  const folder = mkdtempSync(path.join(os.tmpdir(), 'anomstack-emulators-'))
  const report = path.join(folder, 'report.json')
  const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const files = names.map((name) => `test/emulators/${name}.`)
  const { status } = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      '--config=vitest.emulators.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...files,
    ],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...variables, NODE_ENV: 'test' } },
  )
  const results = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { numPassedTests: 0, numFailedTests: 1 }
  rmSync(folder, { recursive: true, force: true })
  const broken = status !== 0 && results.numFailedTests === 0 ? 1 : 0
  return { passed: results.numPassedTests, failed: results.numFailedTests + broken }
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
const outcomes = []
const names = [...present].filter(wanted)
if (names.length > 0) outcomes.push(testsOf(names))
if (wanted('dagster')) outcomes.push(...testDagster([]))
const sum = (name) => outcomes.reduce((total, outcome) => total + outcome[name], 0)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exit(sum('failed') === 0 && outcomes.length > 0 ? 0 : 1)
