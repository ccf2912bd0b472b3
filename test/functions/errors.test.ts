import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { javascript, LIMITS, scratchProject, typescript } from './scratch-project.ts'

const runner = createFunctionRunner()

async function failure(code: Parameters<typeof runner.ingest>[0]): Promise<AnomstackError> {
  const error: unknown = await runner.ingest(code, LIMITS).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof AnomstackError)) throw new Error('it did not fail as it should', { cause: error })
  return error
}

const stackOf = (error: AnomstackError) => (error.cause as Error).stack ?? ''

describe('places of errors', () => {
  it('names the line and column that were written, with all the types in front of them', async () => {
    const text = [
      'interface Row { readonly a: number }',
      '',
      'export async function ingest(this: void): Promise<Row[]> {',
      '  const rows: Row[] = [], first: number | undefined = rows[0]!.a',
      '  return rows',
      '}',
    ].join('\n')
    const error = await failure(typescript(text, '/p/sales.ts'))
    expect(error.code).toBe('FUNCTION_FAILED')
    expect(error.at).toEqual({ file: '/p/sales.ts', line: 4, column: 64 })
    expect(error.message).toBe(
      "/p/sales.ts:4:64: ingest() threw TypeError: Cannot read properties of undefined (reading 'a')",
    )
    expect(stackOf(error)).toBe(
      "TypeError: Cannot read properties of undefined (reading 'a')\n    at ingest (/p/sales.ts:4:64)",
    )
  })

  it('names the imported file that threw, and shows how it was reached', async () => {
    const dir = scratchProject({
      'lib.ts': `export function fail(reason: string): never {\n  throw new RangeError(reason)\n}\n`,
    })
    const file = join(dir, 'main.ts')
    const error = await failure(
      typescript(`import { fail } from './lib'\nexport const ingest = () => fail('x')`, file),
    )
    expect(error.at).toEqual({ file: join(dir, 'lib.ts'), line: 2, column: 9 })
    expect(stackOf(error)).toBe(
      `RangeError: x\n    at fail (${dir}/lib.ts:2:9)\n    at ingest (${file}:2:29)`,
    )
  })

  it('does not pass lines of inline code off as lines of the YAML file', async () => {
    const error = await failure(
      javascript(`function ingest() {\n  throw new Error('no')\n}`, '/p/sales.yaml'),
    )
    expect(error.message).toBe('/p/sales.yaml#function:2:9: ingest() threw Error: no')
  })

  it('tells why a fetch failed', async () => {
    const error = await failure(javascript(`export const ingest = () => fetch('http://127.0.0.1:1/')`))
    expect(error.message).toMatch(/ingest\(\) threw TypeError: fetch failed \(because: .+\)/)
  })

  it.each([
    ['typescript', `export function ingest() {\n  return [\n`, 3],
    ['typescript', `const a = 1\nconst b: = 2`, 2],
    ['typescript', `const a = 1\nconst a = 2`, 2],
    ['typescript', `const a = 1\n\nexport const ingest = () => [ await x ]`, 3],
    ['javascript', `export function ingest() {\n  return [\n`, 3],
    ['javascript', `const a = 1\nlet b = ) 2`, 2],
    ['javascript', `\n\nreturn 1`, 3],
  ] as const)('names the line of a syntax error in %s: %j', async (language, text, line) => {
    const error = await failure({ language, text, file: '/p/x.ts' })
    expect(error.code).toBe('FUNCTION_FAILED')
    expect(error.at.file).toBe('/p/x.ts')
    expect(error.at.line).toBe(line)
    expect(error.at.column).toBeGreaterThan(0)
    expect(error.message).toContain('could not be parsed')
  })

  it('names the column of a syntax error', async () => {
    expect((await failure(javascript(`const a = 1\nlet b = ) 2`))).at).toMatchObject({ line: 2, column: 9 })
    expect((await failure(typescript(`const a: number = 1\nconst b: string = 'x', a = 2`))).at).toMatchObject(
      { line: 2, column: 24 },
    )
  })

  it('names the imported file that cannot be parsed', async () => {
    const dir = scratchProject({
      'lib.ts': `export const a = 1\nexport const a = 2\n`,
      'types.ts': 'const x: = 1',
    })
    const file = join(dir, 'main.ts')
    for (const [name, line] of [
      ['lib.ts', 2],
      ['types.ts', 1],
    ] as const) {
      const error = await failure(
        typescript(`import * as all from './${name}'\nexport const ingest = () => [all]`, file),
      )
      expect(error.at).toMatchObject({ file: join(dir, name), line })
    }
  })

  it('names where code threw while it was loaded', async () => {
    const error = await failure(javascript(`\nthrow new Error('too early')`))
    expect(error.at.line).toBe(2)
    expect(error.problem).toBe('the code could not be loaded: Error: too early')
  })
})

describe('what is thrown need not be an error', () => {
  it.each([
    [`throw 'a text'`, `ingest() threw 'a text'`],
    [`return Promise.reject(undefined)`, 'ingest() threw undefined'],
    [`throw null`, 'ingest() threw null'],
    [`throw { code: 5 }`, 'ingest() threw { code: 5 }'],
    [`throw new Proxy({}, { get() { throw 1 } })`, 'ingest() threw {}'],
    [
      `throw Object.assign(new Error('x'), { toString() { throw 1 } })`,
      'ingest() threw an error that cannot be shown',
    ],
    [
      `throw Object.defineProperty(new Error('x'), 'stack', { get() { throw 1 } })`,
      'ingest() threw Error: x',
    ],
    [`throw new SyntaxError('mine')`, 'ingest() threw SyntaxError: mine'],
    [`const e = new Error('loop'); e.cause = e; throw e`, 'ingest() threw Error: loop (because'],
    [`JSON.parse('{')`, 'ingest() threw SyntaxError: '],
    [`throw new Error('x'.repeat(1e6))`, 'ingest() threw Error: xxx'],
  ])('%s', async (statement, message) => {
    const error = await failure(javascript(`export async function ingest() { ${statement} }`))
    expect(error.code).toBe('FUNCTION_FAILED')
    expect(error.problem.slice(0, message.length)).toBe(message)
    expect(error.problem.length).toBeLessThanOrEqual(2_000)
  })
})

describe('code that does not play along', () => {
  it.each([
    ['no function', `export const other = 1`, 'it has no function ingest(); write: export function ingest'],
    ['nothing at all', '', 'it has no function ingest()'],
    ['something else under the name', `export const ingest = [1]`, 'it has no function ingest()'],
    [
      'an unhandled rejection',
      `export function ingest() { Promise.reject(new Error('forgotten')); return new Promise(() => { setTimeout(() => {}, 9e6) }) }`,
      'a promise that nobody waits for was rejected with Error: forgotten',
    ],
    [
      'an error in a timer',
      `export function ingest() { return new Promise(() => { setTimeout(() => { throw new Error('late') }, 1); setTimeout(() => {}, 9e6) }) }`,
      'the code threw, outside of any call, Error: late',
    ],
    [
      'a promise that never settles',
      `export const ingest = () => new Promise(() => {})`,
      'ingest() waits for something that can never happen',
    ],
    [
      'process.exit',
      `export const ingest = () => process.exit(0)`,
      'the code ended its own process with exit code 0 before ingest() returned',
    ],
    ['process.exit while it is loaded', `process.exit(3); export const ingest = () => []`, 'exit code 3'],
    ['process.abort', `export const ingest = () => process.abort()`, 'the process was ended by SIGABRT'],
    [
      'its own kill',
      `export const ingest = () => { process.kill(process.pid, 'SIGTERM'); for (;;); }`,
      'the process was ended by SIGTERM',
    ],
    [
      'a lost channel',
      `export const ingest = () => { process.disconnect(); return new Promise(() => {}) }`,
      'before ingest() returned',
    ],
  ])('%s', async (_, text, message) => {
    const error = await failure(javascript(text))
    expect(error.code).toBe('FUNCTION_FAILED')
    expect(error.problem).toContain(message)
  })

  it('cannot answer in place of the program', async () => {
    const rows = await runner.ingest(
      javascript(
        `export function ingest() { process.send?.({ kind: 'rows', rows: [{ fake: 1 }] }); return [{ send: typeof process.send }] }`,
      ),
      LIMITS,
    )
    expect(rows).toEqual([{ send: 'undefined' }])
  })

  it('ends even when handles stay open and its exit is refused', async () => {
    const rows = await runner.ingest(
      javascript(
        `setInterval(() => {}, 1000); process.on('exit', () => { for (;;); }); export const ingest = () => [{ a: 1 }]`,
      ),
      LIMITS,
    )
    expect(rows).toEqual([{ a: 1 }])
  })
})
