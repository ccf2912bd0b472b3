// What Vitest's JSON report says, for the last lines of a long log.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root } from './prepare.mjs'

const NO_REPORT = {
  numPassedTests: 0,
  numFailedTests: 1,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
}

/** Counts of a report, of which a missing one is a failure; `status` is what Vitest ended with. Names of what failed are printed, each with what it said first. */
export function readReport(file, status) {
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : NO_REPORT
  for (const line of report.testResults.flatMap(failuresOf)) console.log(`✗ ${line}`)
  const brokenOutsideTests = status !== 0 && report.numFailedTests === 0 ? 1 : 0
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenOutsideTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

function failuresOf({ name, status, message = '', assertionResults }) {
  const file = path.relative(root, name)
  const failed = assertionResults.filter((test) => test.status === 'failed')
  if (failed.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : []
  return failed.map(
    ({ fullName, failureMessages }) => `${file} > ${fullName}: ${firstLine(failureMessages[0])}`,
  )
}

const firstLine = (text = '') => stripVTControlCharacters(text).split('\n', 1)[0]
