import { createRequire } from 'node:module'
import type LibsqlDatabase from 'libsql'

// The process that holds the connection of one stream: SQLite blocks its thread, and only a process can be stopped in the middle of a statement.

const Database = createRequire(import.meta.url)('libsql') as typeof LibsqlDatabase

interface HranaStatement {
  readonly sql?: string
  readonly sql_id?: number
  readonly args?: readonly HranaValue[]
}
type HranaValue =
  | { readonly type: 'null' }
  | { readonly type: 'integer'; readonly value: string }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'blob'; readonly base64: string }
type Condition =
  | { readonly type: 'ok' | 'error'; readonly step: number }
  | { readonly type: 'not'; readonly cond: Condition }
  | { readonly type: 'and' | 'or'; readonly conds: readonly Condition[] }
type HranaRequest =
  | { readonly type: 'store_sql'; readonly sql_id: number; readonly sql: string }
  | { readonly type: 'close_sql'; readonly sql_id: number }
  | { readonly type: 'execute'; readonly stmt: HranaStatement }
  | {
      readonly type: 'batch'
      readonly batch: {
        readonly steps: readonly { readonly stmt: HranaStatement; readonly condition?: Condition | null }[]
      }
    }
  | { readonly type: 'close' }

let connection: LibsqlDatabase.Database | undefined
const texts = new Map<number, string>()

function decoded(value: HranaValue): unknown {
  switch (value.type) {
    case 'null':
      return null
    case 'integer':
      return BigInt(value.value)
    case 'blob':
      return Buffer.from(value.base64, 'base64')
    case 'float':
    case 'text':
      return value.value
  }
}

function encoded(value: unknown): HranaValue {
  if (value === null || value === undefined) return { type: 'null' }
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) }
  if (typeof value === 'number') return { type: 'float', value }
  if (typeof value === 'string') return { type: 'text', value }
  return { type: 'blob', base64: Buffer.from(value as ArrayBuffer).toString('base64') }
}

function execute({ sql, sql_id: id, args = [] }: HranaStatement): unknown {
  const statement = connection!.prepare(sql ?? texts.get(id!)!).safeIntegers(true)
  const values = args.map(decoded)
  if (!statement.reader) {
    const { changes, lastInsertRowid } = statement.run(values)
    return {
      cols: [],
      rows: [],
      affected_row_count: Number(changes),
      last_insert_rowid: String(lastInsertRowid),
    }
  }
  const cols = statement.columns().map(({ name, type }) => ({ name, decltype: type }))
  const rows = (statement.raw().all(values) as unknown[][]).map((row) => row.map(encoded))
  return { cols, rows, affected_row_count: 0, last_insert_rowid: null }
}

function errorOf(error: unknown): { message: string; code: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return {
    message: `SQLite error: ${error instanceof Error ? error.message : String(error)}`,
    code: code === '' ? 'SQLITE_ERROR' : code,
  }
}

function batch(steps: Extract<HranaRequest, { type: 'batch' }>['batch']['steps']): unknown {
  const results: unknown[] = []
  const errors: unknown[] = []
  const holds = (condition: Condition): boolean => {
    switch (condition.type) {
      case 'ok':
        return results[condition.step] !== null
      case 'error':
        return errors[condition.step] !== null
      case 'not':
        return !holds(condition.cond)
      case 'and':
        return condition.conds.every(holds)
      case 'or':
        return condition.conds.some(holds)
    }
  }
  for (const { stmt, condition } of steps) {
    let result: unknown = null
    let error: unknown = null
    if (condition === undefined || condition === null || holds(condition))
      try {
        result = execute(stmt)
      } catch (caught) {
        error = errorOf(caught)
      }
    results.push(result)
    errors.push(error)
  }
  return { step_results: results, step_errors: errors }
}

function close(): void {
  connection?.close()
  connection = undefined
  texts.clear()
}

function answer(request: HranaRequest): unknown {
  switch (request.type) {
    case 'store_sql':
      texts.set(request.sql_id, request.sql)
      return { type: 'store_sql' }
    case 'close_sql':
      texts.delete(request.sql_id)
      return { type: 'close_sql' }
    case 'execute':
      return { type: 'execute', result: execute(request.stmt) }
    case 'batch':
      return { type: 'batch', result: batch(request.batch.steps) }
    case 'close':
      close()
      return { type: 'close' }
  }
}

process.on(
  'message',
  ({ path, requests }: { readonly path: string; readonly requests: readonly HranaRequest[] }) => {
    if (connection === undefined) {
      connection = new Database(path, { timeout: 10_000 })
      connection.pragma('wal_autocheckpoint = 0')
    }
    const results = requests.map((request) => {
      try {
        return { type: 'ok', response: answer(request) }
      } catch (error) {
        return { type: 'error', error: errorOf(error) }
      }
    })
    process.send?.({ results, open: connection !== undefined })
  },
)
process.on('disconnect', () => process.exit(0))
