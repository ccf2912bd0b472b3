import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { javascript, LIMITS, scratchProject, typescript } from './scratch-project.ts'

const runner = createFunctionRunner()
const ROW = `{ metric_timestamp: new Date(86400000), metric_name: 'sales', metric_value: 1.5 }`
const row = { metric_timestamp: new Date(86_400_000), metric_name: 'sales', metric_value: 1.5 }

describe('every way of writing ingest() works', () => {
  it.each([
    ['export function', `export function ingest() { return [${ROW}] }`],
    ['export async function', `export async function ingest() { return [${ROW}] }`],
    ['export const', `export const ingest = () => [${ROW}]`],
    ['export under another name', `const rows = () => [${ROW}]; export { rows as ingest }`],
    ['export default of an anonymous function', `export default () => [${ROW}]`],
    ['export default of a named function', `export default function whatever() { return [${ROW}] }`],
    ['export default of an object', `export default { ingest: () => [${ROW}] }`],
    ['a bare function', `function ingest() { return [${ROW}] }`],
    ['a bare async function', `async function ingest() { return [${ROW}] }`],
    ['a bare constant', `const ingest = async () => [${ROW}]`],
    ['a comment without a newline at the end', `const ingest = () => [${ROW}] // done`],
    [
      'a byte order mark and Windows line ends',
      `\uFEFF// x\r\nfunction ingest() {\r\n return [${ROW}]\r\n}\r\n`,
    ],
    ['top-level await', `const rows = await Promise.resolve([${ROW}])\nexport const ingest = () => rows`],
  ])('%s', async (_, text) => {
    const both = [javascript(text), typescript(text)].map((code) => runner.ingest(code, LIMITS))
    expect(await Promise.all(both)).toEqual([[row], [row]])
  })
})

describe('TypeScript', () => {
  it('runs types, enums, parameter properties, generics and satisfies', async () => {
    const text = `
      import type { Stats } from 'node:fs'
      type Row = { metric_timestamp: Date; metric_name: string; metric_value: number }
      enum Kind { Sales = 'sales' }
      class Point<T extends number> { constructor(readonly value: T) {} }
      declare const nothing: Stats
      export async function ingest(this: void): Promise<Row[]> {
        const point = new Point<number>(1.5)
        return [{ metric_timestamp: new Date(86400000), metric_name: Kind.Sales, metric_value: point!.value as number }] satisfies Row[]
      }`
    expect(await runner.ingest(typescript(text), LIMITS)).toEqual([row])
  })

  it('does not take types out of JavaScript', async () => {
    await expect(runner.ingest(javascript('const ingest = (): number => 1'), LIMITS)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      at: { line: 1 },
    })
  })
})

describe('imports', () => {
  const dir = scratchProject({
    'lib/shop.ts': `import { VAT } from './constants.js'
      import type { Unused } from './types'
      export interface Sale { net: number }
      export const gross = (sale: Sale): number => sale.net * VAT`,
    'lib/constants.ts': `export const VAT: number = 1.5`,
    'lib/plain.js': `export const one = 1`,
    'lib/common.cjs': `exports.two = 2`,
    'package.json': '{}',
    'lib/older.js': `module.exports = { three: 3 }`,
    'lib/data.json': `{ "four": 4 }`,
    'lib/a.ts': `import { b } from './b'; export const a = () => b() + 1; export const base = () => 1`,
    'lib/b.ts': `import { base } from './a.ts'; export const b = () => base() + 1`,
    'node_modules/@shop/only-esm/package.json': `{"name":"@shop/only-esm","type":"module","exports":{"import":"./main.js"}}`,
    'node_modules/@shop/only-esm/main.js': `export default 5`,
    'ümlaut & "quotes".ts': `export const six: number = 6`,
  })
  const file = join(dir, 'metrics.ts')
  const ingest = (imports: string, value: string) =>
    runner.ingest(
      typescript(`${imports}\nexport const ingest = async () => [{ value: ${value} }]`, file),
      LIMITS,
    )

  it.each([
    [
      'a TypeScript file that imports another by its .js name',
      `import { gross } from './lib/shop.ts'`,
      `gross({ net: 1 })`,
      1.5,
    ],
    [
      'a file without its ending',
      `import { gross, type Sale } from './lib/shop'`,
      `gross({ net: 2 } as Sale)`,
      3,
    ],
    ['a JavaScript file', `import { one } from './lib/plain.js'`, 'one', 1],
    ['a CommonJS file', `import { two } from './lib/common.cjs'`, 'two', 2],
    ['a CommonJS file named .js', `import older from './lib/older.js'`, 'older.three', 3],
    ['JSON', `import data from './lib/data.json' with { type: 'json' }`, 'data.four', 4],
    ['a package of the project that is ESM only', `import five from '@shop/only-esm'`, 'five', 5],
    ['a file with an odd name', `import { six } from './ümlaut & "quotes".ts'`, 'six', 6],
    ['files that import each other', `import { a } from './lib/a.ts'`, 'a()', 3],
    ['a built-in without node:', `import { basename } from 'path'`, `basename('/x/y')`, 'y'],
    ['a package that comes with the program', `import { parse } from 'yaml'`, `parse('7')`, 7],
    ['dynamically', '', `(await import('./lib/shop.ts')).gross({ net: 4 })`, 6],
    [
      'dynamically, several at once that share a file',
      '',
      `(await Promise.all([import('./lib/a.ts'), import('./lib/b.ts')])).map((m) => Object.keys(m).length).join()`,
      '2,1',
    ],
    [
      'createRequire',
      `import { createRequire } from 'node:module'`,
      `createRequire(import.meta.url)('./lib/common.cjs').two`,
      2,
    ],
    [
      'import.meta',
      '',
      `[import.meta.filename, import.meta.dirname, import.meta.resolve('./lib/plain.js')].join()`,
      [file, dir, `file://${dir}/lib/plain.js`].join(),
    ],
  ])('%s', async (_, imports, value, expected) => {
    expect(await ingest(imports, value)).toEqual([{ value: expected }])
  })

  it('loads TypeScript beside the file in a project that is itself inside of node_modules', async () => {
    const installed = scratchProject({
      'node_modules/anomstack/examples/lib.ts': 'export const nine: number = 9',
    })
    const code = typescript(
      `import { nine } from './lib.ts'\nexport const ingest = () => [{ a: nine }]`,
      join(installed, 'node_modules/anomstack/examples/x.ts'),
    )
    expect(await runner.ingest(code, LIMITS)).toEqual([{ a: 9 }])
  })

  it('runs in the folder of the file', async () => {
    expect(await ingest('', 'process.cwd()')).toEqual([{ value: dir }])
  })

  it('does not need the file or its folder to exist', async () => {
    const nowhere = typescript(
      `import { join } from 'node:path'\nexport const ingest = () => [{ a: join('a', 'b') }]`,
      '/no/such/x.ts',
    )
    expect(await runner.ingest(nowhere, LIMITS)).toEqual([{ a: 'a/b' }])
  })

  it('finds packages of a folder above, through links', async () => {
    const inner = scratchProject({ 'deep/metrics/.keep': '' })
    mkdirSync(join(inner, 'node_modules'))
    const yaml = dirname(dirname(fileURLToPath(import.meta.resolve('yaml'))))
    symlinkSync(yaml, join(inner, 'node_modules/renamed'))
    const code = typescript(
      `import { parse } from 'renamed'\nexport const ingest = () => [{ a: parse('8') }]`,
      join(inner, 'deep/metrics/x.ts'),
    )
    expect(await runner.ingest(code, LIMITS)).toEqual([{ a: 8 }])
  })

  it.each([
    ['./missing.ts', `Cannot find module './missing.ts' imported from ${file}`],
    ['no-such-package', `Cannot find package 'no-such-package'`],
    ['./lib/broken-name.ts?x', `Cannot find module './lib/broken-name.ts?x'`],
  ])('says that %s cannot be found', async (specifier, message) => {
    await expect(ingest(`import x from '${specifier}'`, 'x')).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: expect.stringContaining(message) as string,
    })
  })

  it('says which name a file does not export', async () => {
    await expect(ingest(`import { nothing } from './lib/plain.js'`, 'nothing')).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: expect.stringContaining('nothing') as string,
    })
  })
})

describe('rows', () => {
  const rows = (expression: string) =>
    runner.ingest(javascript(`export const ingest = () => ${expression}`), LIMITS)

  it('keeps every kind of plain value', async () => {
    const expected = {
      a: 1,
      b: 'é😀\n',
      c: null,
      d: undefined,
      e: true,
      f: Number.NaN,
      g: Infinity,
      h: new Date(5),
      i: { x: [1] },
      j: 12,
    }
    expect(
      await rows(
        `[{ a: 1, b: 'é😀\\n', c: null, d: undefined, e: true, f: NaN, g: Infinity, h: new Date(5), i: { x: [1] }, j: 12n }]`,
      ),
    ).toEqual([expected])
  })

  it('keeps names like __proto__ as data', async () => {
    const [first] = await rows(`[{ ['__proto__']: 1, constructor: 2 }]`)
    expect(Object.entries(first ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ])
  })

  it('reads rows that are instances with getters', async () => {
    expect(await rows(`[new (class Row { metric_value = 3 })()]`)).toEqual([{ metric_value: 3 }])
  })

  it('takes no rows, and 100,000', async () => {
    expect(await rows('[]')).toEqual([])
    const many = await rows(
      `Array.from({ length: 100000 }, (_, i) => ({ metric_timestamp: new Date(i), metric_name: 'm', metric_value: i }))`,
    )
    expect(many).toHaveLength(100_000)
    expect(many[99_999]).toEqual({
      metric_timestamp: new Date(99_999),
      metric_name: 'm',
      metric_value: 99_999,
    })
  })

  it.each([
    ['undefined', 'returned undefined; return an array of rows'],
    ['new Map([["a", 1]])', `returned Map(1) { 'a' => 1 }; return an array of rows`],
    ['({ rows: [] })', 'returned { rows: [] }; return an array of rows'],
    ['[{}, null]', 'returned null as row 2'],
    ['[[1, 2]]', 'returned [ 1, 2 ] as row 1'],
    ['["a"]', `returned 'a' as row 1`],
    ['[new Map()]', 'returned Map(0) {} as row 1'],
    ['[,{}]', 'returned undefined as row 1'],
  ])('refuses %s', async (expression, message) => {
    await expect(rows(expression)).rejects.toMatchObject({
      code: 'ROWS_INVALID',
      message: expect.stringContaining(message) as string,
    })
  })

  it.each([
    ['[{ metric_value: () => 1 }]', '"metric_value" of row 1'],
    ['[{}, { a: Symbol("x") }]', 'Symbol(x) as "a" of row 2'],
    ['[{ a: { b: () => 1 } }]', '"a" of row 1'],
    ['[{ a: new WeakMap() }]', '"a" of row 1'],
    ['[{ get a() { throw new Error("not today") } }]', 'not today'],
    ['new Proxy([], { get() { throw new Error("not an array") } })', 'not an array'],
  ])('says what cannot leave the process: %s', async (expression, message) => {
    await expect(rows(expression)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      message: expect.stringContaining(message) as string,
    })
  })
})
