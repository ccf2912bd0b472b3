import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { type Program, startProgram } from '../../storages/start-program.ts'
import type { StorageEngine } from '../storage-engine.ts'

const ACCOUNT = 'anomstacktest'
const KEY = Buffer.alloc(32, 'anomstack').toString('base64')

/** Azure's own emulator of its blob service, from npm. */
export function azurite(): StorageEngine {
  let program: Program
  let places = 0
  const endpoint = () => `${program.found}/${ACCOUNT}`
  const options = () => ({ account: ACCOUNT, account_key: KEY, endpoint: endpoint() })
  return {
    name: 'az (azurite)',
    kind: 'az',
    async start() {
      const package_ = createRequire(import.meta.url).resolve('azurite/package.json')
      const script = join(dirname(package_), 'dist', 'src', 'blob', 'main.js')
      const flags = ['--disableTelemetry', '--inMemoryPersistence', '--skipApiVersionCheck']
      program = await startProgram(
        [process.execPath, script, '--blobHost', '127.0.0.1', '--blobPort', '0', ...flags],
        /listens on (http:\/\/\S+:[1-9]\d*)/,
        { AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` },
      )
      const service = BlobServiceClient.fromConnectionString(
        `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint()}`,
      )
      await service.createContainer('models')
    },
    stop: async () => program?.stop(),
    fresh: () => Promise.resolve({ modelPath: `az://models/place ${++places}`, options: options() }),
    wrong: () => ({
      'no container': { modelPath: 'az://nowhere/models', options: options(), says: /no such container/ },
      'a wrong key': {
        modelPath: 'az://models',
        options: { ...options(), account_key: Buffer.alloc(32, 'wrong').toString('base64') },
        says: /account_key/,
      },
      'nobody there': {
        modelPath: 'az://models',
        options: { ...options(), endpoint: `http://127.0.0.1:1/${ACCOUNT}` },
        says: /nothing listens/,
      },
    }),
    exemptions: {},
  }
}
