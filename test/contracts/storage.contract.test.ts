import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { storages } from '../../src/storages/index.ts'
import { storageContract } from './storage.contract.ts'
import { azurite } from './storage-engines/azurite.ts'
import { localEngine } from './storage-engines/local.ts'
import { s3rver } from './storage-engines/s3rver.ts'

const engines = [
  localEngine('local', {}),
  localEngine('local, encrypted', { encryption_key: randomBytes(32).toString('base64') }),
  s3rver(),
  azurite(),
]

it('tries every storage of the catalog, some with emulators', () => {
  const emulated = readdirSync(new URL('../emulators/', import.meta.url))
    .map((file) => /^(.+)\.storage\.test\.ts$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    // The emulator is called after the product, the storage after its address.
    .map((name) => (name === 'gcs' ? 'gs' : name))
  const kinds = new Set([...engines.map(({ kind }) => kind), ...emulated])
  expect([...kinds].sort()).toEqual([...storages.keys()].sort())
})

for (const engine of engines) storageContract(engine)
