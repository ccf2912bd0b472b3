import { once } from 'node:events'
import { dirname } from 'node:path'
import type { Series } from '../core/series.ts'
import type { Features } from '../timeseries/features.ts'
import { featuresResult } from './features-result.ts'
import type { FunctionFailure, FunctionReply, FunctionTask } from './function-message.ts'
import type { CheckContext, CheckReply, FunctionSource } from './function-runner.ts'
import { startWatchdog } from './function-watchdog.ts'
import { rowsResult } from './rows-result.ts'
import { failureOf, showUserStacks, syntaxFailureOf } from './user-error.ts'
import { createUserModules } from './user-modules.ts'
import { UserSyntaxError } from './user-syntax-error.ts'

/** Entry of the process that runs one user function: one task comes in, one reply goes out, then it ends. */

type UserFunction = (...args: unknown[]) => unknown

const LOCAL = '__anomstack_function__'

const modules = createUserModules()

interface Found {
  readonly called: UserFunction
  readonly exports: Readonly<Record<string, unknown>>
}

async function findFunction(code: FunctionSource, name: string): Promise<Found | FunctionFailure> {
  // A function that is not exported is reached from inside the module, on a line after all of the user's.
  const text = `${code.text}\n;export const ${LOCAL} = typeof ${name} === 'undefined' ? undefined : ${name}\n`
  let exports: Record<string, unknown>
  try {
    exports = await modules.run({ ...code, text })
  } catch (error) {
    return error instanceof UserSyntaxError
      ? syntaxFailureOf(error, code)
      : failureOf(error, 'the code could not be loaded:')
  }
  const fallback = exports.default as Record<string, unknown> | undefined
  const found = [exports[name], exports[LOCAL], fallback, fallback?.[name]].find(
    (each) => typeof each === 'function',
  )
  if (found !== undefined) return { called: found as UserFunction, exports }
  return {
    kind: 'failed',
    code: 'FUNCTION_FAILED',
    problem: `it has no function ${name}(); write: export function ${name}`,
  }
}

async function preprocessOne(
  preprocess: UserFunction,
  series: Series,
  params: Readonly<Record<string, unknown>>,
): Promise<Features | FunctionFailure> {
  try {
    return featuresResult(await preprocess(series, params), series)
  } catch (error) {
    return failureOf(error, 'preprocess() threw')
  }
}

async function check({ called, exports }: Found, context: CheckContext): Promise<FunctionReply> {
  let result: unknown
  try {
    result = await called(context)
  } catch (error) {
    return failureOf(error, 'check() threw')
  }
  const inside =
    typeof exports.default === 'object' ? (exports.default as Record<string, unknown> | null) : {}
  try {
    const { name = inside?.name, every = inside?.every } = exports
    const text = JSON.stringify({ name, every, result })
    return { kind: 'checked', ...(JSON.parse(text) as CheckReply) }
  } catch (error) {
    return failureOf(error, 'what check() returned is not data:')
  }
}

async function perform(task: FunctionTask): Promise<FunctionReply> {
  const found = await findFunction(task.code, task.name)
  if ('kind' in found) return found
  const { called } = found
  if (task.name === 'check') return check(found, task.context)
  if (task.name === 'preprocess') {
    const results: (Features | FunctionFailure)[] = []
    for (const { series, params } of task.calls) results.push(await preprocessOne(called, series, params))
    return { kind: 'features', results }
  }
  let result: unknown
  try {
    result = await called()
  } catch (error) {
    return failureOf(error, 'ingest() threw')
  }
  try {
    const rows = rowsResult(result)
    return 'kind' in rows ? rows : { kind: 'rows', rows }
  } catch (error) {
    return failureOf(error, 'reading the rows of ingest() threw')
  }
}

function changeFolder(file: string): void {
  try {
    process.chdir(dirname(file))
  } catch {
    // The file need not exist, nor its folder: then the code runs where the program does.
  }
}

const send = process.send?.bind(process)
if (send === undefined) throw new Error('this module is the entry of a process that the program starts')
// The channel is the program's; user code has no business there.
delete process.send

const flushes = [process.stdout, process.stderr].map((stream) => {
  const write = stream.write.bind(stream)
  return () => new Promise<void>((resolve) => write('', () => resolve()))
})

/** The program kills this process when it has the reply, so what was printed must be out before. */
async function reply(message: FunctionReply): Promise<void> {
  await Promise.all(flushes.map((flush) => flush()))
  send?.(message)
}

const [task] = (await once(process, 'message')) as [FunctionTask]
process.once('disconnect', () => process.exit())
// From here on only what the code waits for keeps the process alive.
process.channel?.unref()
process.on(
  'uncaughtException',
  (error) => void reply(failureOf(error, 'the code threw, outside of any call,')),
)
process.on(
  'unhandledRejection',
  (reason) => void reply(failureOf(reason, 'a promise that nobody waits for was rejected with')),
)
process.once('beforeExit', () => {
  const problem = `${task.name}() waits for something that can never happen: its promise did not settle, and nothing is left to run`
  void reply({ kind: 'failed', code: 'FUNCTION_FAILED', problem })
})
showUserStacks(modules.source)
changeFolder(task.code.file)
startWatchdog(task.memoryMb)
await reply(await perform(task))
