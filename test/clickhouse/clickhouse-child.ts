import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Session } from 'chdb'
import { parseForm } from './parse-form.ts'

/**
 * A process that answers ClickHouse's HTTP interface from the engine within it. Every request has a session of its own, so that its settings and parameters end with it; an
 * id of a query is kept as its `log_comment`, because the engine gives its own ids. Arguments: folder of the data, port, user, password.
 */
const [folder, port, user, password] = process.argv.slice(2) as [string, string, string, string]
const uploads = join(folder, 'uploads')
mkdirSync(uploads, { recursive: true })
const data = join(folder, 'data')
// The engine stays open as long as one session does.
const sessions = new Map([['', new Session(data)]])
/** The server's own limit on one field of a form. */
const MAX_FIELD_BYTES = 131_072

/** Parameters of the address that are neither settings of the engine nor sent to it. */
const OF_HTTP = new Set([
  'query',
  'query_id',
  'database',
  'session_id',
  'session_timeout',
  'default_format',
  'wait_end_of_query',
  'cancel_http_readonly_queries_on_client_close',
])

interface Request {
  readonly parameters: URLSearchParams
  readonly query: string
  /** Rows to insert, when the query is in the address. */
  readonly rows?: Buffer
}

const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const name = (text: string): string => `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function requestOf(request: IncomingMessage): Promise<Request> {
  const { searchParams: parameters } = new URL(request.url!, 'http://localhost')
  const body = await bodyOf(request)
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1]
  if (boundary !== undefined)
    for (const [key, value] of parseForm(body, boundary)) {
      if (Buffer.byteLength(value) > MAX_FIELD_BYTES) throw new Error('Field value too long')
      parameters.set(key, value)
    }
  const inAddress = parameters.get('query')
  if (inAddress === null) return { parameters, query: body.toString() }
  return {
    parameters,
    query: inAddress,
    ...(boundary === undefined && body.length > 0 ? { rows: body } : {}),
  }
}

/** What the session must be told before the query. */
function preamble({ parameters }: Request): string {
  const lines = [`USE ${name(parameters.get('database') ?? 'default')}`]
  for (const [key, value] of parameters) if (!OF_HTTP.has(key)) lines.push(`SET ${key} = ${literal(value)}`)
  lines.push(`SET log_comment = ${literal(parameters.get('query_id') ?? randomUUID())}`)
  return `${lines.join('; ')};`
}

async function answer(session: Session, request: Request, format: string): Promise<Uint8Array> {
  await session.queryAsync(preamble(request))
  const query = request.query
    .replace(/^(\s*KILL QUERY WHERE )query_id\b/, "$1Settings['log_comment']")
    .replace(/;\s*$/, '')
  if (request.rows === undefined) return (await session.queryAsync(query, { format })).bytes()
  const file = join(uploads, randomUUID())
  writeFileSync(file, request.rows)
  try {
    return (
      await session.queryAsync(
        query.replace(/\bFORMAT \w+$/, (text) => `FROM INFILE ${literal(file)} ${text}`),
      )
    ).bytes()
  } finally {
    await rm(file, { force: true })
  }
}

function refuse(response: ServerResponse, status: number, problem: string): void {
  const code = /^Code: (\d+)/.exec(problem)?.[1] ?? '1002'
  response
    .writeHead(status, { 'x-clickhouse-exception-code': code, 'content-type': 'text/plain' })
    .end(`${problem}\n`)
}

function isAllowed({ headers }: IncomingMessage): boolean {
  return headers.authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (incoming.url === '/ping') return void response.end('Ok.\n')
  if (!isAllowed(incoming))
    return refuse(
      response,
      403,
      'Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)',
    )
  // A request that is cut off before its end fails here, and nothing of it is run.
  const request = await requestOf(incoming)
  const id = request.parameters.get('session_id')
  const session = (id === null ? undefined : sessions.get(id)) ?? new Session(data)
  if (id !== null) sessions.set(id, session)
  const given = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(request.query)?.[1]
  const format = given ?? request.parameters.get('default_format') ?? 'TabSeparated'
  try {
    const bytes = await answer(session, request, format)
    response.writeHead(200, {
      'x-clickhouse-query-id': request.parameters.get('query_id') ?? '',
      'x-clickhouse-format': format,
      'x-clickhouse-summary': '{}',
    })
    response.end(bytes)
  } catch (error) {
    refuse(response, 500, error instanceof Error ? error.message : String(error))
  } finally {
    if (id === null) session.close()
  }
}

const server = createServer((incoming, response) => {
  serve(incoming, response).catch(() => response.destroy())
})
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address() as { port: number }
  process.stdout.write(`${address.port}\n`)
})

// Whoever started this process holds its standard input open; without them there is nobody left to serve, nor to clear up.
process.stdin.on('close', () => {
  rmSync(folder, { recursive: true, force: true })
  process.kill(process.pid, 'SIGKILL')
})
process.stdin.resume()
