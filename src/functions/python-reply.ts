import { z } from 'zod'
import { floatsAt, type PythonFrame } from '../core/python-frame.ts'
import type { Features } from '../timeseries/features.ts'
import { featuresResult, NO_FEATURES } from './features-result.ts'
import type { FunctionFailure, FunctionReply, PythonTask } from './function-message.ts'

const count = z.int().min(0)
const failure = z.object({
  kind: z.literal('failed'),
  code: z.enum(['FUNCTION_FAILED', 'FUNCTION_LIMIT', 'ROWS_INVALID']),
  problem: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  stack: z.string().optional(),
})
const column = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('json'), name: z.string(), values: z.array(z.unknown()) }),
  z.object({ kind: z.enum(['number', 'time']), name: z.string() }),
])
const table = z.object({ rows: count, columns: count, names: z.array(z.string()) })
const header = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rows'), count, columns: z.array(column) }),
  z.object({ kind: z.literal('features'), results: z.array(z.union([failure, table])) }),
  failure,
])

/** The reply that a frame holds; throws for one that holds none. */
export function pythonReply(frame: PythonFrame, task: PythonTask): FunctionReply {
  const reply = header.parse(frame.header)
  if (reply.kind === 'failed') return failureOf(reply)
  if (reply.kind === 'rows') return { kind: 'rows', rows: rowsOf(reply, frame.body) }
  const calls = task.name === 'preprocess' ? task.calls : []
  if (reply.results.length !== calls.length) throw new RangeError('not one result for each metric')
  let start = 0
  const results = reply.results.map((result, index): Features | FunctionFailure => {
    if ('kind' in result) return failureOf(result)
    if (result.rows === 0) return NO_FEATURES
    const timestamps = floatsAt(frame.body, start, result.rows)
    const data = floatsAt(frame.body, start + result.rows, result.rows * result.columns)
    start += result.rows * (1 + result.columns)
    const rows = Array.from(timestamps, (_, row) =>
      data.subarray(row * result.columns, (row + 1) * result.columns),
    )
    return featuresResult({ timestamps, rows, names: result.names }, calls[index]!.series)
  })
  return { kind: 'features', results }
}

function failureOf({ kind, code, problem, ...place }: z.output<typeof failure>): FunctionFailure {
  const { file, line, column: at, stack } = place
  return {
    kind,
    code,
    problem,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(at === undefined ? {} : { column: at }),
    ...(stack === undefined ? {} : { stack }),
  }
}

function rowsOf(
  reply: { readonly count: number; readonly columns: readonly z.output<typeof column>[] },
  body: Uint8Array,
): readonly Record<string, unknown>[] {
  const rows = Array.from({ length: reply.count }, () => Object.create(null) as Record<string, unknown>)
  let start = 0
  for (const each of reply.columns) {
    if (each.kind === 'json') {
      for (const [index, row] of rows.entries()) row[each.name] = each.values[index]
      continue
    }
    const values = floatsAt(body, start, reply.count)
    start += reply.count
    for (const [index, row] of rows.entries()) {
      const value = values[index]!
      row[each.name] = Number.isNaN(value) ? null : each.kind === 'time' ? new Date(value) : value
    }
  }
  return rows
}
