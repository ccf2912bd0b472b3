import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ScratchServer, scratchServer } from './scratch-server.ts'

let server: ScratchServer
beforeAll(async () => {
  server = await scratchServer()
  server.addBatch('sales')
})
afterAll(() => server.close())

/** A request exactly as given: `fetch` would tidy up the path and set the Host header itself. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('host check', () => {
  it.each([
    'localhost',
    'localhost:8080',
    '127.0.0.1:9',
    '[::1]:8080',
    'LOCALHOST',
    'metrics.example.test:8443',
    'metrics.example.test',
  ])('answers to %s', async (host) => {
    expect((await raw('/healthz', { host })).status).toBe(200)
  })

  it.each([
    'evil.test',
    'evil.test:8080',
    '127.0.0.1.evil.test',
    'localhost.evil.test',
    '10.0.0.5',
    '0.0.0.0',
  ])('refuses a page that was rebound from %s', async (host) => {
    const { status, body } = await raw('/api/v1/batches', { host })
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ code: 'INPUT_INVALID' })
    expect(body).not.toContain('sales')
  })
})

describe('a Host header that is none', () => {
  it.each(['evil.test#@localhost', 'a b', 'localhost/../evil.test'])('is refused: "%s"', async (host) => {
    const { status, body } = await raw('/api/v1/batches', { host })
    expect(status).toBe(400)
    expect(body).not.toContain('sales')
  })
})

describe('writes', () => {
  const wanted = { job: 'ingest', batch: 'sales' }

  it.each([
    { origin: 'https://evil.test' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('are refused to a page of another origin: %j', async (headers) => {
    const response = await server.post('/api/v1/runs', wanted, headers)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      detail: 'a page of another site may not change anything here',
    })
    expect(await server.control.runs.list({ limit: 10 })).toEqual([])
  })

  it('are refused to a form of another origin', async () => {
    const response = await fetch(`${server.url}/batches/sales/runs`, {
      method: 'POST',
      headers: { origin: 'https://evil.test' },
      body: new URLSearchParams({ job: 'ingest' }),
      redirect: 'manual',
    })
    expect(response.status).toBe(400)
    expect(await server.control.runs.list({ limit: 10 })).toEqual([])
  })

  it('are open to programs and to our own pages', async () => {
    expect((await server.post('/api/v1/runs', wanted)).status).toBe(202)
    const own = { origin: server.url, 'sec-fetch-site': 'same-origin' }
    expect((await server.post('/api/v1/runs', wanted, own)).status).toBe(202)
  })

  it('have a largest body', async () => {
    const response = await server.post('/api/v1/runs', { ...wanted, params: { text: 'x'.repeat(70_000) } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ detail: 'the body is larger than 65536 bytes' })
  })
})

describe('headers', () => {
  it.each(['/', '/batches/sales', '/api/v1/batches', '/nothing', '/assets/page.css', '/assets/none'])(
    'of %s protect the page',
    async (path) => {
      const { headers } = await server.get(path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https?:/)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('same-origin')
      expect(headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  it('keep answers out of caches, and files in them', async () => {
    expect((await server.get('/')).headers.get('cache-control')).toBe('no-store')
    expect((await server.get('/assets/page.css')).headers.get('cache-control')).toMatch(/max-age/)
  })
})

describe('files', () => {
  it.each([
    '/assets/../package.json',
    '/assets/..%2fpackage.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/assets/%2fetc%2fpasswd',
    '/assets//etc/passwd',
    '/assets/page.css%00.js',
    '/assets/LICENSE.txt',
    '/assets/__proto__',
    '/assets/',
    '/assets/%',
  ])('outside of the list are not served: %s', async (path) => {
    const { status, body } = await raw(path)
    expect(status).toBe(404)
    expect(JSON.parse(body)).toMatchObject({ code: 'NOT_FOUND', status: 404 })
  })

  it('are served with their type, and once only', async () => {
    const style = await server.get('/assets/page.css')
    expect(style.headers.get('content-type')).toBe('text/css; charset=utf-8')
    expect(await style.text()).toContain('prefers-color-scheme: dark')
    const again = await server.get('/assets/page.css', { 'if-none-match': style.headers.get('etag') ?? '' })
    expect(again.status).toBe(304)
    const font = await server.get('/assets/Inter-Regular.ttf')
    expect(font.headers.get('content-type')).toBe('font/ttf')
    expect((await font.arrayBuffer()).byteLength).toBeGreaterThan(100_000)
  })
})
