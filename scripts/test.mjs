// `npm test`: installs and builds what is not up to date, runs all checks and all tests, and ends on a line that counts both.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runChecks } from './check.mjs'
import { build, install, root } from './prepare.mjs'

install()
build()
const checks = runChecks()

const folder = mkdtempSync(path.join(os.tmpdir(), 'anomstack-test-'))
const report = path.join(folder, 'report.json')
const vitest = spawnSync(
  process.execPath,
  [
    path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'test' } },
)
const results = existsSync(report)
  ? JSON.parse(readFileSync(report, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 }
rmSync(folder, { recursive: true, force: true })

const brokenOutsideTests = vitest.status !== 0 && results.numFailedTests === 0 ? 1 : 0
const passed = checks.passed.length + results.numPassedTests
const failed = checks.failed.length + results.numFailedTests + brokenOutsideTests
const skipped = results.numPendingTests + (results.numTodoTests ?? 0)
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed === 0 ? 0 : 1)
