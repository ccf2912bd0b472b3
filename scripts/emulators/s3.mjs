// moto from PyPI, an emulator of S3 that knows conditional puts: `test/contracts/storage-engines/moto.ts` starts it.
import { programIn, pythonEnvironment } from './tools.mjs'

const PACKAGES = ['moto[server]==5.2.5', 'flask==3.1.3', 'werkzeug==3.1.9']

/** Variables for the tests. */
export function prepare() {
  return { ANOMSTACK_TEST_MOTO_PYTHON: programIn(pythonEnvironment('moto-s3', PACKAGES), 'python') }
}
