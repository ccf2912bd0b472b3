import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Client } from 'pg'

/** A server on 127.0.0.1 that speaks the protocol of the Redshift Data API (JSON 1.1) in front of PostgreSQL databases. */
export interface TestDataApi {
  readonly endpoint: string
  /** What the next calls are answered with, one each, in place of their answer. */
  readonly failures: { readonly status: number; readonly type: string; readonly message: string }[]
  /** Names of the calls so far. */
  readonly calls: string[]
  /** Every statement that was run. */
  readonly statements: string[]
  /** Rows of a page of results. */
  pageRows: number
  stop(): Promise<void>
}

interface Call {
  readonly Sql?: string
  readonly Sqls?: readonly string[]
  readonly Database?: string
  readonly Parameters?: readonly { readonly name: string; readonly value: string }[]
  readonly SessionId?: string
  readonly SessionKeepAliveSeconds?: number
  readonly Id?: string
  readonly NextToken?: string
}

interface Outcome {
  readonly hasRows: boolean
  readonly count: number
  readonly columns: readonly { readonly name: string; readonly typeName: string }[]
  readonly rows: readonly (readonly unknown[])[]
}

interface Running {
  status: 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED'
  error?: string
  outcomes: Outcome[]
  ended: Promise<void>
  cancel(): Promise<void>
  session?: string
}

const TYPES: Readonly<Record<number, string>> = {
  16: 'bool',
  20: 'int8',
  21: 'int2',
  23: 'int4',
  25: 'varchar',
  700: 'float4',
  701: 'float8',
  1043: 'varchar',
  1082: 'date',
  1114: 'timestamp',
  1184: 'timestamptz',
  1700: 'numeric',
  17: 'varbyte',
  19: 'name',
}

/** `address` gives the address of a database by its name. */
export async function startDataApi(address: (database: string) => string): Promise<TestDataApi> {
  const running = new Map<string, Running>()
  const sessions = new Map<string, Client>()
  const busy = new Set<Client>()

  const connect = async (database: string): Promise<Client> => {
    const client = new Client({
      connectionString: address(database),
      types: { getTypeParser: () => (text: string) => text },
    })
    client.on('error', () => {})
    await client.connect()
    await client.query("SET timezone TO 'UTC'")
    busy.add(client)
    return client
  }
  const end = async (client: Client): Promise<void> => {
    busy.delete(client)
    await client.end().catch(() => {})
  }

  const start = async (call: Call): Promise<object> => {
    const id = randomUUID()
    const texts = call.Sqls ?? [call.Sql!]
    const parameters = call.Parameters ?? []
    for (const { name, value } of parameters) {
      if (value === '') throw invalid(`Parameter ${name} is empty`)
      if (!texts.some((text) => new RegExp(`:${name}\\b`).test(text)))
        throw invalid(`Parameter ${name} is not used`)
    }
    if (texts.some((text) => Buffer.byteLength(text) > 100_000))
      throw invalid('Cannot process query string larger than 100kB')
    if (texts.length > 40) throw invalid('A batch holds at most 40 statements')
    if ((call.SessionId === undefined) === (call.Database === undefined))
      throw invalid('Give either a session or a database')
    const session = call.SessionId ?? (call.SessionKeepAliveSeconds === undefined ? undefined : randomUUID())
    const entry: Running = {
      status: 'STARTED',
      outcomes: [],
      ended: Promise.resolve(),
      cancel: async () => {},
    }
    if (session !== undefined) entry.session = session
    running.set(id, entry)
    entry.ended = run(entry, texts, call, session)
    return { Id: id, ...(session === undefined ? {} : { SessionId: session }) }
  }

  const run = async (
    entry: Running,
    texts: readonly string[],
    call: Call,
    session: string | undefined,
  ): Promise<void> => {
    let client: Client | undefined
    try {
      client =
        (call.SessionId === undefined ? undefined : sessions.get(call.SessionId)) ??
        (await connect(call.Database!))
      if (session !== undefined) sessions.set(session, client)
      const own = client as Client & { processID: number }
      entry.cancel = async () => {
        entry.status = 'ABORTED'
        const messenger = await connect(call.Database!)
        await messenger.query('SELECT pg_cancel_backend($1)', [own.processID])
        await end(messenger)
      }
      if (texts.length > 1) await client.query('BEGIN')
      for (const text of texts) {
        api.statements.push(text)
        entry.outcomes.push(await execute(client, text, call.Parameters ?? []))
      }
      if (texts.length > 1) await client.query('COMMIT')
      if (entry.status === 'STARTED') entry.status = 'FINISHED'
    } catch (error) {
      await client?.query('ROLLBACK').catch(() => {})
      if (entry.status === 'STARTED') entry.status = 'FAILED'
      entry.error = `ERROR: ${error instanceof Error ? error.message : String(error)}`
    } finally {
      if (client !== undefined && session === undefined) await end(client)
    }
  }

  const describe = (id: string): object => {
    const entry = running.get(id)
    if (entry === undefined) throw invalid(`Query does not exist: ${id}`)
    const { status, error, outcomes, session } = entry
    const last = outcomes.at(-1)
    return {
      Id: id,
      Status: status,
      ...(error === undefined ? {} : { Error: error }),
      ...(session === undefined ? {} : { SessionId: session }),
      HasResultSet: outcomes.length === 1 ? last!.hasRows : outcomes.some(({ hasRows }) => hasRows),
      ResultRows: last?.count ?? -1,
      ...(outcomes.length > 1
        ? {
            SubStatements: outcomes.map(({ hasRows, count }, index) => ({
              Id: `${id}:${index + 1}`,
              HasResultSet: hasRows,
              ResultRows: count,
              Status: status,
            })),
          }
        : {}),
    }
  }

  const result = ({ Id = '', NextToken }: Call): object => {
    const [id = '', number = '1'] = Id.split(':')
    const outcome = running.get(id)?.outcomes[Number(number) - 1]
    if (outcome?.hasRows !== true) throw invalid('Query does not have result')
    const from = Number(NextToken ?? 0)
    const to = from + api.pageRows
    return {
      ColumnMetadata: outcome.columns.map((column) => ({ ...column, label: column.name })),
      Records: outcome.rows
        .slice(from, to)
        .map((row) => row.map((value, i) => fieldOf(value, outcome.columns[i]!.typeName))),
      TotalNumRows: outcome.rows.length,
      ...(to < outcome.rows.length ? { NextToken: String(to) } : {}),
    }
  }

  const answer = async (name: string, call: Call): Promise<object> => {
    switch (name) {
      case 'ExecuteStatement':
      case 'BatchExecuteStatement':
        return start(call)
      case 'DescribeStatement':
        await Promise.race([running.get(call.Id!)?.ended, new Promise((resolve) => setTimeout(resolve, 200))])
        return describe(call.Id!)
      case 'CancelStatement':
        await running.get(call.Id!)?.cancel()
        return { Status: true }
      case 'GetStatementResult':
        return result(call)
      default:
        throw invalid(`unknown call ${name}`)
    }
  }

  const http = createServer((request, response) => {
    const name = String(request.headers['x-amz-target']).replace('RedshiftData.', '')
    api.calls.push(name)
    json(request)
      .then(async (call) => {
        const failure = api.failures.shift()
        if (failure !== undefined) return fail(response, failure)
        send(response, 200, await answer(name, call as Call))
      })
      .catch((error: { type?: string; message: string }) =>
        fail(response, {
          status: 400,
          type: error.type ?? 'InternalServerException',
          message: error.message,
        }),
      )
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const api: TestDataApi = {
    endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    failures: [],
    calls: [],
    statements: [],
    pageRows: 1_000,
    stop: async () => {
      http.closeAllConnections()
      http.close()
      await Promise.all([...busy].map(end))
    },
  }
  return api
}

const invalid = (message: string) => Object.assign(new Error(message), { type: 'ValidationException' })

/** Named parameters become PostgreSQL's; what stands in quotes is left alone. */
async function execute(
  client: Client,
  text: string,
  parameters: NonNullable<Call['Parameters']>,
): Promise<Outcome> {
  const values: string[] = []
  const numbers = new Map<string, number>()
  const sql = text.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|:(p\d+)\b/g,
    (found, name: string | undefined) => {
      if (name === undefined) return found
      let number = numbers.get(name)
      if (number === undefined) {
        number = values.push(parameters.find((each) => each.name === name)!.value)
        numbers.set(name, number)
      }
      return `$${number}`
    },
  )
  const { rows, rowCount, fields } = await client.query<unknown[]>({ text: sql, values, rowMode: 'array' })
  return {
    hasRows: fields.length > 0,
    count: rowCount ?? -1,
    columns: fields.map(({ name, dataTypeID }) => ({ name, typeName: TYPES[dataTypeID] ?? 'varchar' })),
    rows,
  }
}

function fieldOf(value: unknown, type: string): object {
  if (value === null) return { isNull: true }
  const text = value as string
  if (type.startsWith('int')) return { longValue: Number(text) }
  if (type.startsWith('float')) return { doubleValue: Number(text) }
  if (type === 'bool') return { booleanValue: text === 't' }
  if (type === 'varbyte') return { blobValue: Buffer.from(text.slice(2), 'hex').toString('base64') }
  return { stringValue: text }
}

function fail(
  response: ServerResponse,
  { status, type, message }: { status: number; type: string; message: string },
): void {
  response.setHeader('x-amzn-errortype', type)
  send(response, status, { __type: type, message, Message: message })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
}
