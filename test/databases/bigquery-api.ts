import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A call that the API got. */
export interface ApiCall {
  /** Method and path below `/bigquery/v2/projects/`, such as `POST mine/jobs`. */
  readonly route: string
  readonly query: Readonly<Record<string, string>>
  /** Parsed where it is JSON. */
  readonly body: unknown
  readonly authorization: string | undefined
}

/** What the API answers: a body, or a status with one; `drop` breaks the connection. */
export type ApiAnswer = { readonly status?: number; readonly body: unknown } | 'drop' | undefined

export interface TestApi {
  readonly endpoint: string
  readonly calls: readonly ApiCall[]
  stop(): Promise<void>
}

async function callOf(request: IncomingMessage): Promise<ApiCall> {
  const url = new URL(request.url ?? '/', 'http://api')
  const content = await text(request)
  return {
    route: `${request.method} ${url.pathname.replace(/^(\/upload)?\/bigquery\/v2\/projects\//, '$1').replace('/upload', 'upload ')}`,
    query: Object.fromEntries(url.searchParams),
    body: request.headers['content-type']?.startsWith('application/json') ? JSON.parse(content) : content,
    authorization: request.headers.authorization,
  }
}

/** Plays BigQuery's REST API on the loopback. What `answer` does not know is not there. */
export async function startApi(answer: (call: ApiCall) => ApiAnswer): Promise<TestApi> {
  const calls: ApiCall[] = []
  const server = createServer((request, response) => {
    void callOf(request).then((call) => {
      calls.push(call)
      const given = answer(call)
      if (given === 'drop') {
        request.socket.destroy()
        return
      }
      const { status = 200, body } = given ?? failure(404, 'notFound', `Not found: ${call.route}`)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** An error as the API words it. */
export function failure(status: number, reason: string, message: string): { status: number; body: unknown } {
  return { status, body: { error: { code: status, message, errors: [{ reason, message }] } } }
}
