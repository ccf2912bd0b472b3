import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { type Program, startProgram } from '../../storages/start-program.ts'
import type { StorageEngine } from '../storage-engine.ts'

/** One request at a time: moto looks whether a condition holds, and puts, as two steps that requests of other threads may come between. */
const SERVER = `
from werkzeug.serving import run_simple
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
run_simple("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False, request_handler=MotoRequestHandler)
`

/** An emulator of S3 that knows conditions; `python` is one that has moto. */
export function moto(python: string): StorageEngine {
  let program: Program
  let places = 0
  const options = () => ({
    access_key_id: 'anyone',
    secret_access_key: 'any-secret',
    region: 'eu-central-1',
    endpoint: program.found,
    force_path_style: true,
  })
  return {
    name: 's3 (moto)',
    kind: 's3',
    async start() {
      program = await startProgram([python, '-c', SERVER], /Running on (http:\/\/\S+:\d+)/)
      const client = new S3Client({
        endpoint: program.found,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { accessKeyId: 'anyone', secretAccessKey: 'any-secret' },
      })
      await client.send(new CreateBucketCommand({ Bucket: 'models' }))
      client.destroy()
    },
    stop: async () => program?.stop(),
    fresh: () => Promise.resolve({ modelPath: `s3://models/place ${++places}`, options: options() }),
    wrong: () => ({
      'no bucket': { modelPath: 's3://nowhere/models', options: options(), says: /no such bucket/ },
    }),
    exemptions: {
      'ifMatch of parts': 'moto looks at If-None-Match where an upload in parts ends, and not at If-Match',
    },
  }
}
