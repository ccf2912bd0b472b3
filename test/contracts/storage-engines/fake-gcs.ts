import { Storage } from '@google-cloud/storage'
import { freePort } from '../../free-port.ts'
import { type Program, startProgram } from '../../storages/start-program.ts'
import type { StorageEngine } from '../storage-engine.ts'

/** An emulator of Google Cloud Storage; `file` is its program. */
export function fakeGcs(file: string): StorageEngine {
  let program: Program
  let endpoint = ''
  let places = 0
  const options = () => ({ project_id: 'test', endpoint })
  return {
    name: 'gs (fake-gcs-server)',
    kind: 'gs',
    async start() {
      const port = await freePort()
      endpoint = `http://127.0.0.1:${port}`
      const where = ['-host', '127.0.0.1', '-port', String(port), '-public-host', `127.0.0.1:${port}`]
      program = await startProgram(
        [file, '-scheme', 'http', '-backend', 'memory', '-external-url', endpoint, ...where],
        /(server started)/,
      )
      await new Storage({ projectId: 'test', apiEndpoint: endpoint }).createBucket('models')
    },
    stop: async () => program?.stop(),
    fresh: () => Promise.resolve({ modelPath: `gs://models/place ${++places}`, options: options() }),
    wrong: () => ({
      'no bucket': { modelPath: 'gs://nowhere/models', options: options(), says: /no such bucket/ },
    }),
    exemptions: {},
  }
}
