// fake-gcs-server, an emulator of Google Cloud Storage that knows conditional puts, built by Go: `test/contracts/storage-engines/fake-gcs.ts` starts it.
import path from 'node:path'
import { cachedFolder, environment, fail, run } from './tools.mjs'

const MODULE = 'github.com/fsouza/fake-gcs-server@v1.56.1'

/** Variables for the tests. */
export function prepare() {
  const folder = cachedFolder('gcs', [MODULE], (made) => {
    console.error('Building fake-gcs-server (this happens once, and takes some minutes) …')
    const env = { ...environment, GOBIN: made, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' }
    if (run('go', ['install', MODULE], { env }).status !== 0)
      fail(
        'fake-gcs-server could not be built: see above. It needs Go 1.25 or newer, and a proxy of Go modules within reach.',
      )
  })
  const program = process.platform === 'win32' ? 'fake-gcs-server.exe' : 'fake-gcs-server'
  return { ANOMSTACK_TEST_FAKE_GCS: path.join(folder, program) }
}
