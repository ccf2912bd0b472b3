import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer of a service to whatever asks for the path, with that in the query. */
interface Recorded {
  readonly path: string
  readonly query?: string
  readonly answer: unknown
}

export interface RecordedServer {
  readonly url: string
  /** What was asked for, as `METHOD path?query`, with the headers. */
  readonly requests: readonly { readonly what: string; readonly headers: IncomingMessage['headers'] }[]
  /** From now on every answer is this one; undefined for the recorded ones. */
  answerAll(answer: { readonly status: number; readonly body: string } | undefined): void
  close(): Promise<void>
}

/** Serves what is recorded of a service on loopback, and 404 for what is not. */
export async function serveRecorded(name: string): Promise<RecordedServer> {
  const file = new URL(`recorded/${name}.json`, import.meta.url)
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[]
  const requests: { what: string; headers: IncomingMessage['headers'] }[] = []
  let forAll: { readonly status: number; readonly body: string } | undefined
  const server = createServer((request, response) => {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    requests.push({ what: `${request.method} ${pathname}${search}`, headers: request.headers })
    const query = [...searchParams].map((pair) => pair.join('=')).join('&')
    const found = recorded.find((each) => each.path === pathname && query.includes(each.query ?? ''))
    const { status, body } =
      forAll ??
      (found === undefined
        ? { status: 404, body: '{"message":"Not Found"}' }
        : { status: 200, body: JSON.stringify(found.answer) })
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answerAll(answer) {
      forAll = answer
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
