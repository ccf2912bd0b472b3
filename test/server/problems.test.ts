import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ScratchServer, scratchServer } from './scratch-server.ts'

let server: ScratchServer
beforeAll(async () => {
  server = await scratchServer()
})
afterAll(() => server.close())

describe('unknown batches', () => {
  it.each([
    '..%2f..',
    '%2e%2e%2fx',
    'unknown',
    '__proto__',
    'constructor',
    '%F0%9F%9A%80',
    'a%00b',
    '%E0%A4%A',
  ])('is a 404 problem for %s', async (name) => {
    const response = await server.get(`/api/v1/batches/${name}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })
})

describe('unknown addresses', () => {
  it.each(['/api/v1/nothing', '/api/v2/batches', '/nothing', '/api', '/api/v1'])(
    '%s is a problem document',
    async (path) => {
      const response = await server.get(path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
      expect(await response.json()).toMatchObject({
        code: 'NOT_FOUND',
        detail: 'there is nothing at this address',
      })
    },
  )
})
