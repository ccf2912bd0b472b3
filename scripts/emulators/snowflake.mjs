// fakesnow from PyPI, for the tests of `snowflake`: `test/emulators/snowflake/start-snowflake.ts` starts it.
import { programIn, pythonEnvironment } from './tools.mjs'

/** fakesnow names no versions of what it stands on; with the connector's fifth it does not load. */
const PACKAGES = [
  'fakesnow[server]==0.12.1',
  'snowflake-connector-python==4.8.1',
  'duckdb==2.0.1',
  'sqlglot==30.22.0',
  'pyarrow==26.0.1',
  'starlette==1.10.0',
  'uvicorn==0.54.0',
  'PyJWT==2.15.1',
  'cryptography==50.0.2',
]

/** Variables for the tests. */
export function prepare() {
  return { ANOMSTACK_TEST_SNOWFLAKE_PYTHON: programIn(pythonEnvironment('fakesnow', PACKAGES), 'python') }
}
