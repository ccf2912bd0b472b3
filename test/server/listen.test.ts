import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listen, type WebApp } from '../../src/server/server.ts'

const app: WebApp = { fetch: () => new Response('hello') }

describe('listen', () => {
  it('takes a free port and says where it listens', async () => {
    const server = await listen(app, { host: '127.0.0.1', port: 0 })
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
    expect(await (await fetch(server.url)).text()).toBe('hello')
    await server.close()
    await expect(fetch(server.url)).rejects.toThrow()
  })

  it('names the port that is in use', async () => {
    const other = createHttpServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(listen(app, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      problem: expect.stringContaining(`port ${port} is in use`),
    })
    await new Promise((resolve) => other.close(resolve))
  })

  it.each(['0.0.0.0', '::', '192.168.1.10', 'example.test', '', '127.0.0.1.evil.test'])(
    'refuses to open itself to others on "%s" without an API key',
    async (host) => {
      await expect(listen(app, { host, port: 0 })).rejects.toMatchObject({
        code: 'INPUT_INVALID',
        problem: expect.stringContaining('no API key is configured'),
      })
    },
  )

  it('ends connections that are still busy when the grace is over', async () => {
    let asked: () => void = () => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const server = await listen(
      {
        fetch: () => {
          asked()
          return new Promise<Response>(() => {})
        },
      },
      { host: '127.0.0.1', port: 0 },
    )
    const stuck = fetch(server.url)
    const failed = expect(stuck).rejects.toThrow()
    await isAsked
    await server.close(0)
    await failed
  })
})
