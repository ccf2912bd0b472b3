import { expect, it } from 'vitest'
import { lazyDatabase } from '../../src/databases/lazy-database.ts'

it('says which package is missing, and looks again at the next call', async () => {
  const absent: string = '@nobody/driver'
  let looks = 0
  const database = lazyDatabase(absent, () => {
    looks += 1
    return import(absent) as Promise<never>
  })
  const failing = {
    code: 'SDK_MISSING',
    message: `the package ${absent} is not installed: npm install ${absent}`,
  }
  await expect(database.query('SELECT 1')).rejects.toMatchObject(failing)
  await expect(database.metricsTable('metrics').ensure()).rejects.toMatchObject(failing)
  await expect(database.tables?.()).rejects.toMatchObject(failing)
  expect(looks).toBe(3)
  await database.close()
})

it('loads nothing to be closed, and stays closed', async () => {
  let looks = 0
  const database = lazyDatabase('driver', () => {
    looks += 1
    return Promise.reject(new Error('loaded'))
  })
  database.metricsTable('metrics')
  await database.close()
  await expect(database.query('SELECT 1')).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    retryable: false,
  })
  expect(looks).toBe(0)
})
