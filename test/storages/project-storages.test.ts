// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how anomstack.yaml asks for a variable
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { catalogs } from '../../src/catalogs.ts'
import type { Variables } from '../../src/config/environment.ts'
import { loadProject } from '../../src/config/load-project.ts'
import { openModelStores } from '../../src/open-plugins.ts'
import { createFakeClock } from '../fake-clock.ts'
import { defaultSpec } from '../models/samples.ts'
import { writeFiles } from '../write-files.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'anomstack-storages-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const batch = (modelPath: string) =>
  `metric_batch: sales\ndb: sqlite\nmodel_path: ${modelPath}\ningest_sql: select 1\n`
const load = async (files: Readonly<Record<string, string>>, environment: Variables = {}) => {
  await writeFiles(dir, files)
  return loadProject(dir, catalogs, environment)
}
const problems = (project: Awaited<ReturnType<typeof load>>) => project.faults.map(({ message }) => message)

describe('storages of a project', () => {
  it('are reached by the paths of the original, with its variables', async () => {
    const project = await load(
      { 'metrics/sales.yaml': batch('s3://bucket/prefix') },
      { ANOMSTACK_AWS_ACCESS_KEY_ID: 'AKIA1', ANOMSTACK_AWS_SECRET_ACCESS_KEY: 'aws-s3cret' },
    )
    expect(problems(project)).toEqual([])
    expect(project.storages.get('s3')?.options).toMatchObject({
      access_key_id: 'AKIA1',
      secret_access_key: 'aws-s3cret',
    })
    expect(project.secrets).toContain('aws-s3cret')
    const google = '{"type": "service_account", "private_key": "x"}'
    const next = await load(
      {},
      {
        ANOMSTACK_MODEL_PATH: 'gs://bucket/prefix',
        ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS_JSON: google,
        ANOMSTACK_GOOGLE_APPLICATION_CREDENTIALS: 'key.json',
      },
    )
    expect(problems(next)).toEqual([])
    expect(next.batches.get('sales')?.settings.model_path).toBe('gs://bucket/prefix')
    expect(next.storages.get('gs')?.options).toMatchObject({
      credentials_json: google,
      credentials_file: 'key.json',
    })
  })

  it('need no options where the cloud knows this machine', async () => {
    for (const path of ['s3://bucket/prefix', 'gs://bucket/prefix', 'local://./models'])
      expect(problems(await load({ 'metrics/sales.yaml': batch(path) }))).toEqual([])
  })

  it('say what is missing', async () => {
    const project = await load({ 'metrics/sales.yaml': batch('azure://container/prefix') })
    expect(problems(project).join()).toMatch(/storage "az" cannot be used: set connection_string, account/)
    const half = await load(
      { 'metrics/sales.yaml': batch('s3://bucket') },
      { ANOMSTACK_AWS_ACCESS_KEY_ID: 'AKIA1' },
    )
    expect(problems(half).join()).toContain('access_key_id and secret_access_key go together')
    const wrong = await load({}, { ANOMSTACK_MODEL_KEY: 'my-passphrase' })
    expect(problems(wrong).join()).toContain('expected 32 bytes in base64')
    expect(problems(wrong).join()).not.toContain('my-passphrase')
  })

  it('call azure:// what az:// is', async () => {
    const project = await load(
      { 'metrics/sales.yaml': batch('azure://container/prefix') },
      { ANOMSTACK_AZURE_STORAGE_ACCOUNT: 'mycompany' },
    )
    expect(problems(project)).toEqual([])
    expect(project.batches.get('sales')?.settings.model_path).toBe('az://container/prefix')
  })

  it('may have names, several of one kind, each with a key', async () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    const project = await load(
      {
        'anomstack.yaml': 'storages:\n  archive: {kind: local, encryption_key: "${ARCHIVE_KEY}"}\n',
        'metrics/sales.yaml': batch('archive://./kept'),
      },
      { ARCHIVE_KEY: key },
    )
    expect(problems(project)).toEqual([])
    expect(project.secrets).toContain(key)
    const stores = openModelStores(() => project, createFakeClock(0), {})
    const path = project.batches.get('sales')!.settings.model_path
    const bytes = Buffer.from('what was learned')
    const result = { status: 'fitted' as const, metric: 'm', from: 0, to: 1, count: 2, problems: [], bytes }
    const version = await stores(path).publish('sales', { spec: defaultSpec, created: 1, results: [result] })
    const object = await readFile(join(dir, 'kept', 'sales', 'versions', `${version}.bundle`))
    expect(object.includes('what was learned')).toBe(false)
    const bundle = (await openModelStores(() => project, createFakeClock(0), {})(path).latest('sales'))!
    expect((await bundle.read(['m'])).get('m')).toEqual(new Uint8Array(bytes))
  })
})
