// `npm test`: installs and builds what is not up to date, runs all checks and all tests, and ends on a line that counts both.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { runChecks } from './check.mjs'
import { build, install, root } from './prepare.mjs'
import { readReport } from './report.mjs'

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
const { passed, failed, skipped } = readReport(report, vitest.status)
rmSync(folder, { recursive: true, force: true })

const sum = { passed: checks.passed.length + passed, failed: checks.failed.length + failed }
for (const name of checks.failed) console.log(`✗ ${name}`)
console.log(`${sum.passed} passed, ${sum.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(sum.failed === 0 ? 0 : 1)
