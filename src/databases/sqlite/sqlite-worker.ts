import { Worker } from 'node:worker_threads'
import type { SqlRow } from '../database.ts'
import { openSqlite, type SqliteConnection, sqliteFault } from './connection.ts'
import { readHistory, readNames } from './history.ts'
import type { HistoryPart, SqliteAnswer, SqliteFile, SqliteRequest, SqliteResults } from './protocol.ts'
import { withReplica } from './replica.ts'
import { ensureTable } from './shape.ts'
import { splitStatements } from './statements.ts'
import { deleteBefore, deleteRows, summarize, upsertRows } from './table.ts'

// The process in which SQLite runs; sqlite-process.ts starts it and says what it is for.

const parent = process.ppid
let file: SqliteFile = { path: ':memory:' }
let connection: SqliteConnection | undefined

const send = (answer: SqliteAnswer): void => {
  process.send?.(answer)
}

function connected(): SqliteConnection {
  connection ??= openSqlite(file)
  return connection
}

/** Users' statements get a connection of their own, so that their temporary tables, settings and open transactions end with them. */
function runUserSql(sql: string): readonly SqlRow[] {
  if (file.path === ':memory:') return runStatements(connected(), sql)
  const own = openSqlite(file)
  try {
    return runStatements(own, sql)
  } finally {
    own.close()
  }
}

function runStatements(own: SqliteConnection, sql: string): readonly SqlRow[] {
  let rows: readonly SqlRow[] = []
  try {
    for (const text of splitStatements(sql)) {
      const statement = own.prepare(text)
      if (!statement.reader) statement.run([])
      else rows = (statement.all([]) as Record<string, unknown>[]).map(plainRow)
    }
    return rows
  } finally {
    if (own.inTransaction) own.exec('ROLLBACK')
  }
}

function plainRow(row: Record<string, unknown>): SqlRow {
  for (const [key, value] of Object.entries(row))
    if (value instanceof ArrayBuffer) row[key] = new Uint8Array(value)
  return row
}

function answer(request: SqliteRequest): SqliteResults[keyof SqliteResults] {
  switch (request.kind) {
    case 'query':
      return runUserSql(request.sql)
    case 'ensure':
      ensureTable(connected(), request.table)
      return null
    case 'upsert':
      upsertRows(connected(), request.table, request.series)
      return null
    case 'history': {
      const { table, query } = request
      const read = (from: SqliteConnection): void =>
        readHistory(from, table, query, (part: HistoryPart) => send({ part }))
      if (file.replicaOf === undefined) read(connected())
      else withReplica(file, read)
      return null
    }
    case 'deleteBefore':
      return deleteBefore(connected(), request.table, request.batch, request.before)
    case 'deleteRows':
      return deleteRows(connected(), request.table, request.series)
    case 'summary':
      return summarize(connected(), request.table, request)
    case 'names':
      return readNames(connected(), request.table, request.batch)
  }
}

const READS: readonly SqliteRequest['kind'][] = ['query', 'history', 'summary', 'names']

process.once('message', (first: SqliteFile) => {
  file = first
  process.on('message', (request: SqliteRequest) => {
    try {
      send({ result: answer(request) })
    } catch (error) {
      send({ fault: sqliteFault(error, !READS.includes(request.kind)) })
    }
  })
})

process.on('disconnect', () => {
  connection?.close()
  process.exit(0)
})

// An interrupt at the terminal reaches every process; the parent decides when this one ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

// A long statement keeps this thread from noticing that the parent was killed.
new Worker(
  `setInterval(() => { if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL') }, 1000)`,
  {
    eval: true,
    execArgv: [],
  },
).unref()
