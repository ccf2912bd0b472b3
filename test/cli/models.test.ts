import { describe, expect, it } from 'vitest'
import { createModelStore } from '../../src/models/model-store.ts'
import { openStorage } from '../../src/storages/index.ts'
import { defaultSpec } from '../models/samples.ts'
import { anomstack, folderWith } from './command.ts'

const batch = (name: string) => `metric_batch: ${name}
db: sqlite
ingest_sql: select 1 as metric_timestamp, 'orders' as metric_name, 1 as metric_value
`
const T = Date.UTC(2026, 0, 1)
const KEY = Buffer.alloc(32, 3).toString('hex')

/** Two batches, one of them with models of two days. */
async function project(options: Readonly<Record<string, unknown>> = {}) {
  const dir = await folderWith({ 'metrics/shop.yaml': batch('shop'), 'metrics/new.yaml': batch('new') })
  const store = createModelStore(openStorage('local://./models', { projectDir: dir }, options))
  const versions: string[] = []
  for (const created of [T, T + 86_400_000])
    versions.push(
      await store.publish('shop', {
        spec: defaultSpec,
        created,
        results: [
          { status: 'fitted', metric: 'm', from: 0, to: 1, count: 2, problems: [], bytes: Buffer.from('x') },
        ],
      }),
    )
  return { dir, older: versions[0]!, newer: versions[1]! }
}

interface Listed {
  readonly batch: string
  readonly versions: readonly { readonly version: string; readonly inUse: boolean }[]
}

async function listed(dir: string, ...args: string[]): Promise<string[]> {
  const { code, stdout } = await anomstack(['models', ...args, '--json', '--project', dir])
  expect(code).toBe(0)
  return (JSON.parse(stdout) as Listed[]).flatMap(({ batch: name, versions }) =>
    versions.map(({ version, inUse }) => `${name} ${version}${inUse ? ' in use' : ''}`),
  )
}

describe('models', () => {
  it('lists versions for people and for programs', async () => {
    const { dir, older, newer } = await project()
    expect(await listed(dir)).toEqual([`shop ${newer} in use`, `shop ${older}`])
    expect(await listed(dir, 'ls', 'new')).toEqual([])
    const { stdout } = await anomstack(['models', 'ls', 'shop', '--project', dir])
    expect(stdout).toMatch(new RegExp(`^shop +${newer} +2026-01-02 00:00:00 +\\S+ K?B +in use$`, 'm'))
    expect(stdout).toContain('2 versions, times in UTC\n')
    expect((await anomstack(['models', 'ls', 'new', '--project', dir])).stdout).toBe(
      'There are no models yet.\n',
    )
  })

  it('rolls back to the version before, or to one that is named', async () => {
    const { dir, older, newer } = await project()
    expect(await listed(dir, 'rollback', 'shop')).toEqual([`shop ${newer}`, `shop ${older} in use`])
    const none = await anomstack(['models', 'rollback', 'shop', '--project', dir])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('no version of the models before')])
    expect(await listed(dir, 'rollback', 'shop', newer)).toEqual([`shop ${newer} in use`, `shop ${older}`])
    const absent = await anomstack(['models', 'rollback', 'shop', 'v1', '--project', dir])
    expect([absent.code, absent.stderr]).toEqual([1, expect.stringContaining('no version "v1"')])
  })

  it('refuses wrong use', async () => {
    const { dir } = await project()
    expect((await anomstack(['models', 'rollback', '--project', dir])).code).toBe(2)
    const unknown = await anomstack(['models', 'ls', 'shp', '--project', dir])
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no batch "shp"')])
  })

  it('reads encrypted models with the key, and says so without', async () => {
    const { dir, newer, older } = await project({ encryption_key: KEY })
    const without = await anomstack(['models', '--project', dir])
    expect([without.code, without.stderr]).toEqual([1, expect.stringContaining('ANOMSTACK_MODEL_KEY')])
    const env = { ANOMSTACK_MODEL_KEY: KEY }
    const { stdout } = await anomstack(['models', 'rollback', 'shop', '--json', '--project', dir], { env })
    expect(JSON.parse(stdout)).toMatchObject([
      {
        versions: [
          { version: newer, inUse: false },
          { version: older, inUse: true },
        ],
      },
    ])
  })
})
