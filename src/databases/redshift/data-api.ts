import { setTimeout as wait } from 'node:timers/promises'
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  type DescribeStatementResponse,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data'
import { AnomstackError } from '../../core/errors.ts'
import type { QueryOptions, SqlRow } from '../database.ts'
import { interruptible, type Patience } from '../interruption.ts'
import type { Statement } from '../tables/dialect.ts'
import { conflicts, dataApiError, statementFailed } from './data-errors.ts'
import { plainField } from './data-values.ts'
import { redshiftDialect } from './dialect.ts'
import type { RedshiftOptions } from './options.ts'
import type { RedshiftCalls, RedshiftSession, WorkKind } from './session.ts'
import { splitRedshift } from './statements.ts'

/** The Data API takes 100 KB. */
const STATEMENT_BYTES = 80_000
const ATTEMPTS = 3
/** How long a call waits for a statement to end; how long to pause where it does not wait, at first and at most; how long a session is kept. */
const WAIT_SECONDS = 10
const PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000
const SESSION_SECONDS = 300

/** Redshift through the Data API, by the identity that the AWS SDK finds on this machine; nothing is asked before the first call. */
export function dataApiSession(options: RedshiftOptions): RedshiftSession {
  let client: RedshiftDataClient | undefined
  let closed = false
  const open = (): RedshiftDataClient => {
    if (closed)
      throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
    client ??= new RedshiftDataClient({
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    })
    return client
  }

  const within = async <T>(
    queryOptions: QueryOptions,
    { failure }: WorkKind,
    work: (asking: Asking) => Promise<T>,
  ): Promise<T> => {
    try {
      return await interruptible(queryOptions, (patience) =>
        work({ client: open(), patience, target: targetOf(options), failure }),
      )
    } catch (error) {
      throw dataApiError(error, failure)
    }
  }

  return {
    dialect: {
      ...redshiftDialect,
      // An empty text cannot be a parameter of the Data API.
      placeholder: (n, value) => (value === '' ? "''" : `:p${n}`),
    },
    statementBytes: STATEMENT_BYTES,
    run: (queryOptions, kind, work) => within(queryOptions, kind, (asking) => work(callsOf(asking))),
    query: (sql, queryOptions) =>
      within(queryOptions, { failure: 'QUERY_FAILED' }, async (asking) => {
        const texts = splitRedshift(sql)
        return texts.length === 0 ? [] : lastRows(asking, await ask(asking, texts, {}))
      }),
    close: async () => {
      closed = true
      client?.destroy()
    },
  }
}

interface Asking extends WorkKind {
  readonly client: RedshiftDataClient
  readonly patience: Patience
  readonly target: Record<string, string>
}

/** Which database is asked, and as whom. */
function targetOf(options: RedshiftOptions): Record<string, string> {
  const { cluster_identifier, workgroup_name, db_user, secret_arn, database } = options
  const target = {
    Database: database,
    ClusterIdentifier: cluster_identifier,
    WorkgroupName: workgroup_name,
    DbUser: db_user,
    SecretArn: secret_arn,
  }
  return Object.fromEntries(
    Object.entries(target).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

interface Session {
  readonly SessionId?: string
  readonly SessionKeepAliveSeconds?: number
}

function parametersOf(statements: readonly Statement[]): {
  readonly Parameters?: { name: string; value: string }[]
} {
  const bound = statements.flatMap(({ values }) =>
    values.flatMap((value, index) => (value === '' ? [] : [{ name: `p${index + 1}`, value: String(value) }])),
  )
  return bound.length === 0 ? {} : { Parameters: bound }
}

/** Runs statements, several of them as one transaction, and waits for their end. */
async function ask(
  { client, patience, target, failure }: Asking,
  statements: readonly (Statement | string)[],
  session: Session,
): Promise<DescribeStatementResponse> {
  const all = statements.map((each) => (typeof each === 'string' ? { text: each, values: [] } : each))
  const common = {
    // A session has a database and a user already.
    ...(session.SessionId === undefined ? target : {}),
    ...session,
    ...parametersOf(all),
  }
  patience.check()
  const sending =
    all.length === 1
      ? client.send(new ExecuteStatementCommand({ Sql: all[0]!.text, ...common }))
      : client.send(new BatchExecuteStatementCommand({ Sqls: all.map(({ text }) => text), ...common }))
  // Also what turns out to have been started when nobody waits for it any more.
  patience.ended.catch(() => {
    sending.then(({ Id }) => client.send(new CancelStatementCommand({ Id }))).catch(() => {})
  })
  const { Id, SessionId } = await Promise.race([sending, patience.ended])
  for (let pause = PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const asked = client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: WAIT_SECONDS }))
    const described = await Promise.race([asked, patience.ended])
    if (described.Status === 'FINISHED')
      return { ...described, ...(SessionId === undefined ? {} : { SessionId }) }
    if (described.Status === 'FAILED' || described.Status === 'ABORTED')
      throw statementFailed(described, failure)
    await Promise.race([wait(pause), patience.ended])
  }
}

interface Page {
  readonly columns: readonly string[]
  readonly types: readonly string[]
  readonly rows: readonly (readonly unknown[])[]
}

/** Rows of a statement that returned some, page by page. */
async function* pagesOf({ client, patience }: Asking, id: string): AsyncGenerator<Page> {
  let token: string | undefined
  do {
    patience.check()
    const { Records, ColumnMetadata, NextToken }: Awaited<ReturnType<typeof page>> = await page(
      client,
      id,
      token,
    )
    const types = (ColumnMetadata ?? []).map(({ typeName }) => typeName ?? '')
    yield {
      columns: (ColumnMetadata ?? []).map(({ label, name }) => label ?? name ?? ''),
      types,
      rows: (Records ?? []).map((record) => record.map((field, index) => plainField(field, types[index]!))),
    }
    token = NextToken
  } while (token !== undefined && token !== '')
}

function page(client: RedshiftDataClient, id: string, token: string | undefined) {
  return client.send(
    new GetStatementResultCommand({ Id: id, ...(token === undefined ? {} : { NextToken: token }) }),
  )
}

async function lastRows(asking: Asking, described: DescribeStatementResponse): Promise<readonly SqlRow[]> {
  const id =
    described.SubStatements === undefined || described.SubStatements.length === 0
      ? described.HasResultSet
        ? described.Id
        : undefined
      : described.SubStatements.findLast(({ HasResultSet }) => HasResultSet)?.Id
  if (id === undefined) return []
  const found: SqlRow[] = []
  for await (const { columns, rows } of pagesOf(asking, id))
    for (const row of rows)
      found.push(Object.fromEntries(columns.map((column, index) => [column, row[index]])))
  return found
}

function callsOf(asking: Asking): RedshiftCalls {
  let session: Session = {}
  return {
    rows: async (statement) => {
      const { Id, HasResultSet } = await ask(asking, [statement], session)
      if (!HasResultSet) return []
      const found: (readonly unknown[])[] = []
      for await (const { rows } of pagesOf(asking, Id!)) for (const row of rows) found.push(row)
      return found
    },
    prepare: async (statement) => {
      const { SessionId } = await ask(asking, [statement], {
        ...session,
        SessionKeepAliveSeconds: SESSION_SECONDS,
      })
      if (SessionId !== undefined) session = { SessionId }
    },
    atomically: async (statements) => {
      for (let attempt = 1; ; attempt++)
        try {
          const { SubStatements, ResultRows } = await ask(asking, statements, session)
          return statements.length === 1
            ? [ResultRows ?? 0]
            : (SubStatements ?? []).map(({ ResultRows: rows }) => Math.max(rows ?? 0, 0))
        } catch (error) {
          if (attempt === ATTEMPTS || !conflicts(error)) throw error
        }
    },
  }
}
