import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Program, startProgram } from '../../storages/start-program.ts'
import type { StorageEngine } from '../storage-engine.ts'

const KEYS = { access_key_id: 'S3RVER', secret_access_key: 'S3RVER' }

/** A server that speaks S3's protocol, from npm; it does not know conditions. */
export function s3rver(): StorageEngine {
  let folder = ''
  let program: Program
  let places = 0
  const options = () => ({ ...KEYS, endpoint: program.found, force_path_style: true })
  return {
    name: 's3 (s3rver)',
    kind: 's3',
    async start() {
      folder = await mkdtemp(join(tmpdir(), 'anomstack-s3rver-'))
      const package_ = createRequire(import.meta.url).resolve('s3rver/package.json')
      const script = join(dirname(package_), 'bin', 's3rver.js')
      const args = ['-d', folder, '-a', '127.0.0.1', '-p', '0', '--configure-bucket', 'models']
      program = await startProgram(
        [process.execPath, script, ...args],
        /listening on (?:http:\/\/)?(\S+:[1-9]\d*)/,
      )
      program = { ...program, found: `http://${program.found}` }
    },
    async stop() {
      await program?.stop()
      await rm(folder, { recursive: true, force: true })
    },
    fresh: () => Promise.resolve({ modelPath: `s3://models/place ${++places}`, options: options() }),
    wrong: () => ({
      'no bucket': { modelPath: 's3://nowhere/models', options: options(), says: /no such bucket/ },
      'a wrong key': {
        modelPath: 's3://models',
        options: { ...options(), access_key_id: 'NOBODY' },
        says: /check access_key_id|access denied/,
      },
      'nobody there': {
        modelPath: 's3://models',
        options: { ...options(), endpoint: 'http://127.0.0.1:1' },
        says: /nothing listens/,
      },
    }),
    exemptions: {
      conditions:
        's3rver ignores If-None-Match and If-Match; moto meets these checks in test/emulators/s3.contract.test.ts',
      'ifMatch of parts': 's3rver ignores If-Match',
      'long keys': 's3rver keeps objects as files named by their keys; moto meets this check',
    },
  }
}
