import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'libsql'

/** A server on 127.0.0.1 that speaks Turso's HTTP protocol (Hrana 2 over HTTP, and the export of embedded replicas) in front of libSQL files. */
export interface TestTurso {
  readonly port: number
  readonly token: string
  /** Address of a new, empty database. */
  createDatabase(): string
  /** How many streams are open, and how many statements have been stopped because nobody waited for them any more. */
  readonly counts: { open: number; stopped: number; replications: number }
  /** Answers with more bytes than this are refused, as Turso refuses them. */
  maxAnswer: number
  /** What the next requests are answered with, one each, in place of their answer. */
  readonly failures: number[]
  stop(): Promise<void>
}

/** Sizes in SQLite's write-ahead log. */
const WAL_HEADER = 32
const FRAME = 24 + 4096

/** Processes that have ended a stream wait for another, up to so many. */
const IDLE = 6

/** Starts a server; its processes end with this one. */
export async function startTurso(): Promise<TestTurso> {
  const folder = mkdtempSync(join(tmpdir(), 'anomstack-turso-'))
  const token = "t0ken/with'odd+characters"
  const idle: ChildProcess[] = []
  const streams = new Map<string, ChildProcess>()
  /** Open connections, so that none that closes is the last one, which would empty the log. */
  const keepers: Database.Database[] = []
  const counts = { open: 0, stopped: 0, replications: 0 }
  let databases = 0

  const start = (): ChildProcess =>
    fork(new URL('./hrana-child.ts', import.meta.url), [], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })

  const pipeline = async (
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const { baton, requests } = JSON.parse(await text(request)) as {
      baton?: string | null
      requests: unknown[]
    }
    const known = typeof baton === 'string' ? streams.get(baton) : undefined
    if (typeof baton === 'string' && known === undefined) {
      send(response, 400, { message: 'The stream has expired due to inactivity', code: 'STREAM_EXPIRED' })
      return
    }
    if (typeof baton === 'string') streams.delete(baton)
    const child = known ?? idle.pop() ?? start()
    let answered = false
    response.once('close', () => {
      if (answered) return
      counts.stopped += 1
      child.kill('SIGKILL')
    })
    const heard = new AbortController()
    const { signal } = heard
    child.send({ path, requests }, () => {})
    const [message] = (await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }),
    ])) as [unknown]
    heard.abort()
    counts.open = streams.size
    if (typeof message !== 'object' || message === null) return
    answered = true
    const { results, open } = message as { results: unknown[]; open: boolean }
    const next = open ? randomUUID() : null
    if (next !== null) streams.set(next, child)
    else if (idle.length < IDLE) idle.push(child)
    else child.disconnect()
    counts.open = streams.size
    const body = { baton: next, base_url: null, results }
    if (JSON.stringify(body).length > server.maxAnswer) {
      const error = { message: 'Response is too large', code: 'RESPONSE_TOO_LARGE' }
      send(response, 200, {
        ...body,
        results: results.map((result) =>
          JSON.stringify(result).length > 1_000 ? { type: 'error', error } : result,
        ),
      })
    } else send(response, 200, body)
  }

  /** What an embedded replica asks: the file as it was made, and then the frames of its log, which no checkpoint shortens. */
  const replicate = (path: string, address: string, response: ServerResponse): void => {
    const [, kind, , from, to] = address.split('/')
    counts.replications += 1
    if (kind === 'info') send(response, 200, { current_generation: 1 })
    else if (kind === 'export') response.writeHead(200).end(readFileSync(path))
    else {
      const log = existsSync(`${path}-wal`)
        ? readFileSync(`${path}-wal`).subarray(WAL_HEADER)
        : Buffer.alloc(0)
      const frames = log.subarray((Number(from) - 1) * FRAME, (Number(to) - 1) * FRAME)
      if (frames.length === 0) send(response, 400, { generation: 1 })
      else response.writeHead(200).end(frames)
    }
  }

  const http = createServer((request, response) => {
    const [, name = '', ...rest] = (request.url ?? '').split('/')
    const address = `/${rest.join('/')}`
    const failure = server.failures.shift()
    if (failure !== undefined) return void response.writeHead(failure).end('out of order')
    if (!/^db\d+$/.test(name)) return void response.writeHead(404).end('no such database')
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(response, 401, { error: 'Unauthorized' })
    const path = join(folder, `${name}.db`)
    if (address === '/v2/pipeline') pipeline(path, request, response).catch(() => response.destroy())
    else replicate(path, address, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo

  const server: TestTurso = {
    port,
    token,
    counts,
    maxAnswer: Number.POSITIVE_INFINITY,
    failures: [],
    createDatabase: () => {
      databases += 1
      const keeper = new Database(join(folder, `db${databases}.db`))
      keeper.exec(
        'PRAGMA journal_mode = WAL; CREATE TABLE t (a); DROP TABLE t; PRAGMA wal_checkpoint(TRUNCATE)',
      )
      keepers.push(keeper)
      return `http://127.0.0.1:${port}/db${databases}`
    },
    stop: async () => {
      http.closeAllConnections()
      http.close()
      const children = [...idle, ...streams.values()]
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return
          const gone = once(child, 'exit')
          child.kill('SIGKILL')
          await gone
        }),
      )
      for (const keeper of keepers) keeper.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return server
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
