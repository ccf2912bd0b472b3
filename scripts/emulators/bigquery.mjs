// bqemulator from PyPI, for the tests of `bigquery`: `test/emulators/bigquery/start-bigquery.ts` starts it.
import { programIn, pythonEnvironment } from './tools.mjs'

/** It names lower bounds of most of what it stands on, and leaves numpy out. */
const PACKAGES = ['bqemulator==1.4.0', 'duckdb==1.5.5', 'sqlglot==30.11.0', 'numpy<3']

/** Variables for the tests. */
export function prepare() {
  return { ANOMSTACK_TEST_BIGQUERY_PYTHON: programIn(pythonEnvironment('bqemulator', PACKAGES), 'python') }
}
