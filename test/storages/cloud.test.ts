import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createCloudStorage } from '../../src/storages/cloud/cloud-storage.ts'
import { openStorage, storages } from '../../src/storages/index.ts'
import { azurite } from '../contracts/storage-engines/azurite.ts'
import { s3rver } from '../contracts/storage-engines/s3rver.ts'
import { type Fate, startFlakyProxy } from './flaky-proxy.ts'

const text = (value: string) => new TextEncoder().encode(value)
const projectDir = '/'

describe.each([s3rver(), azurite()])('$name behind a bad connection', (engine) => {
  const stops: (() => Promise<void>)[] = []
  beforeAll(() => engine.start())
  afterAll(() => engine.stop())
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  async function through(fate: (method: string, path: string) => Fate) {
    const { modelPath, options } = await engine.fresh()
    const { origin, pathname } = new URL(String(options.endpoint))
    const proxy = await startFlakyProxy(origin, fate)
    stops.push(proxy.stop)
    const endpoint = `${proxy.url}${pathname.replace(/\/$/, '')}`
    return openStorage(modelPath, { projectDir }, { ...options, endpoint })
  }

  it.each([429, 500, 503])('tries again what was answered with %s', async (status) => {
    let refused = 0
    const storage = await through(() => (refused++ % 2 === 0 ? status : 'through'))
    await storage.put('a', text('1'))
    expect((await storage.get('a'))!.bytes).toEqual(text('1'))
    expect(refused).toBe(4)
  })

  it('tells a put whose answer was lost from one that came too late', async () => {
    let lost = 0
    const storage = await through((method) => (method === 'PUT' && lost++ === 0 ? 'answer lost' : 'through'))
    const { etag } = await storage.put('a', text('1'), { ifAbsent: true })
    expect(lost).toBe(2)
    expect(await storage.head('a')).toMatchObject({ etag, size: 1 })
  })

  it('says that it may succeed later when nothing helps', async () => {
    const storage = await through(() => 503)
    await expect(storage.get('a')).rejects.toMatchObject({ code: 'STORAGE_FAILED', retryable: true })
  })
})

describe('s3', () => {
  const engine = s3rver()
  beforeAll(() => engine.start())
  afterAll(() => engine.stop())

  it('takes what AWS knows of this machine where no key is given', async () => {
    const { modelPath, options } = await engine.fresh()
    const { endpoint, force_path_style } = options
    const args = ['large', modelPath, projectDir, '', JSON.stringify({ endpoint, force_path_style })]
    const env = { ...process.env, AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
    const child = fileURLToPath(new URL('./storage-child.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', child, ...args], {
      env,
    })
    expect(stdout).toBe('won\n')
  })
})

describe('a storage in a cloud', () => {
  it('says which package to install when it is missing', async () => {
    const absent: string = '@nobody/sdk'
    const storage = createCloudStorage({
      place: 'x3://models/',
      noun: 'bucket',
      folder: '',
      packages: [absent],
      secrets: [],
      open: () => import(absent),
    })
    await expect(storage.get('a')).rejects.toMatchObject({
      code: 'SDK_MISSING',
      message: expect.stringContaining('npm install @nobody/sdk') as string,
    })
  })

  it('refuses a path without a bucket', () => {
    for (const path of ['s3://', 'gs:///models', 's3:///'])
      expect(() => openStorage(path, { projectDir })).toThrow('model_path names no bucket')
    expect(() => openStorage('az://', { projectDir }, { account: 'anyone' })).toThrow('names no container')
  })

  it('refuses keys that are too long, as they are for every cloud', async () => {
    const storage = openStorage('s3://models', { projectDir }, { endpoint: 'http://127.0.0.1:1' })
    await expect(storage.put('x'.repeat(1025), text(''))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      retryable: false,
    })
  })

  it.each([
    ['s3', { access_key_id: 'a' }, 'go together'],
    ['s3', { session_token: 'a' }, 'needs access_key_id'],
    ['s3', { endpoint: 'ftp://x' }, 'endpoint'],
    ['gs', { credentials_json: '{"no": "credentials-secret"}' }, 'JSON text of a credentials file'],
    ['az', {}, 'set connection_string, account or endpoint'],
    ['az', { account_key: 'x', endpoint: 'https://x' }, 'account_key needs account'],
    ['az', { account: 'Not An Account' }, 'lower-case'],
  ])('%s refuses options that do not fit: %o', (kind, options, says) => {
    const parsed = storages.get(kind)!.options.safeParse(options)
    const messages = parsed.error?.issues
      .map(({ message, path }) => `${path.join('.')}: ${message}`)
      .join('; ')
    expect(messages).toContain(says)
    expect(messages).not.toContain('credentials-secret')
  })
})
