import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { javascript, LIMITS, scratchProject } from './scratch-project.ts'

const runner = createFunctionRunner()
const FOREVER = 'new Promise(() => { setInterval(() => {}, 1000) })'

describe('memory', () => {
  // Most of these crash a whole program when they run in one of its worker threads.
  it.each([
    ['many small objects', 'for (const all = []; ; ) all.push({ x: 1 })'],
    ['a list of numbers that doubles', 'for (const all = []; ; ) all.push(1.5)'],
    ['one huge list', 'return new Array(1e8).fill(0).map((_, i) => ({ i }))'],
    ['a map', 'for (let all = new Map(), i = 0; ; i++) all.set(i, i)'],
    ['text', 'for (const all = []; ; ) all.push("x".repeat(1e6).split("").join("y"))'],
    ['JSON', 'return JSON.parse("[" + "1,".repeat(1e8) + "1]")'],
    ['buffers outside of the heap', 'for (const all = []; ; ) all.push(Buffer.alloc(2 ** 24, 1))'],
    [
      'buffers, one after the other',
      'const all = []; for (;;) { all.push(Buffer.alloc(2 ** 22, 1)); await new Promise(setImmediate) }',
    ],
  ])('%s', async (_, bomb) => {
    const code = javascript(`export const ingest = async () => { ${bomb} }`)
    await expect(runner.ingest(code, { timeoutMs: 60_000, memoryMb: 64 })).rejects.toMatchObject({
      code: 'FUNCTION_LIMIT',
      message:
        '/project/metrics/sales.js: ingest() took more than 64 MB of memory and was stopped; keep less at a time, or raise function_memory_mb',
    })
  })

  it('leaves room for what is allowed, even where little is', async () => {
    const rows = await runner.ingest(
      javascript(`export const ingest = () => [{ n: new Float64Array(4e6).fill(1).length }]`),
      { timeoutMs: 60_000, memoryMb: 64 },
    )
    expect(rows).toEqual([{ n: 4_000_000 }])
    expect(
      await runner.ingest(javascript('export const ingest = () => []'), { timeoutMs: 60_000, memoryMb: 1 }),
    ).toEqual([])
  })
})

describe('time', () => {
  it.each([
    ['a loop', 'export const ingest = () => { for (;;); }'],
    ['a loop while it is loaded', 'for (;;);'],
    ['a promise', `export const ingest = () => ${FOREVER}`],
    ['microtasks', 'export const ingest = async () => { for (;;) await null }'],
    ['a slow pattern', `export const ingest = () => [/^(a+)+$/.test('a'.repeat(60) + 'b')]`],
    ['a wait', 'export const ingest = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
    [
      'another program',
      `import { execSync } from 'node:child_process'; export const ingest = () => execSync('sleep 1000')`,
    ],
    ['ignored signals', `process.on('SIGTERM', () => {}); export const ingest = () => ${FOREVER}`],
  ])('ends %s', async (_, text) => {
    await expect(runner.ingest(javascript(text), { ...LIMITS, timeoutMs: 1_500 })).rejects.toMatchObject({
      code: 'FUNCTION_LIMIT',
      message:
        '/project/metrics/sales.js: ingest() ran longer than 1.5 s and was stopped; make it faster, or raise function_timeout',
    })
  })

  it('takes the programs with it that the code has started', async () => {
    const dir = scratchProject()
    const code = `
      import { spawn } from 'node:child_process'
      import { writeFileSync } from 'node:fs'
      export function ingest() {
        const child = spawn('sleep', ['1000'], { stdio: 'inherit' })
        writeFileSync('pid', String(child.pid))
        return []
      }`
    expect(await runner.ingest(javascript(code, join(dir, 'x.js')), LIMITS)).toEqual([])
    const stat = `/proc/${readFileSync(join(dir, 'pid'), 'utf8')}/stat`
    if (process.platform === 'linux')
      expect(existsSync(stat) ? readFileSync(stat, 'utf8') : 'Z').toContain('Z')
  })
})

describe('cancellation', () => {
  it('does not start when it is canceled before', async () => {
    const dir = scratchProject()
    const code = javascript(
      `import { writeFileSync } from 'node:fs'; writeFileSync('started', ''); export const ingest = () => []`,
      join(dir, 'x.js'),
    )
    await expect(runner.ingest(code, { ...LIMITS, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELED',
    })
    expect(existsSync(join(dir, 'started'))).toBe(false)
  })

  it('ends a loop in the middle', async () => {
    const abort = new AbortController()
    const running = runner.ingest(
      javascript(`export const ingest = () => { console.log('begun'); for (;;); }`),
      {
        ...LIMITS,
        signal: abort.signal,
        onOutput: () => abort.abort(),
      },
    )
    await expect(running).rejects.toMatchObject({ code: 'CANCELED' })
  })

  it('passes on why', async () => {
    const abort = new AbortController()
    const why = new AnomstackError('TIMED_OUT', 'the run took too long')
    const running = runner.ingest(
      javascript(`console.log('begun'); export const ingest = () => ${FOREVER}`),
      {
        ...LIMITS,
        signal: abort.signal,
        onOutput: () => abort.abort(why),
      },
    )
    await expect(running).rejects.toBe(why)
  })
})

describe('output', () => {
  const printed = async (text: string) => {
    const lines: string[] = []
    await runner.ingest(javascript(`export const ingest = async () => { ${text}; return [] }`), {
      ...LIMITS,
      onOutput: (line) => lines.push(line),
    })
    return lines
  }

  it('comes line by line, whole even at the end', async () => {
    expect(
      await printed(`console.log('é😀', { a: 1 }); console.log(''); process.stdout.write('no newline')`),
    ).toEqual(['é😀 { a: 1 }', '', 'no newline'])
    expect(await printed(`console.error('warn'); console.warn('two\\nlines')`)).toEqual([
      'warn',
      'two',
      'lines',
    ])
  })

  it('is cut short when there is very much of it', async () => {
    const lines = await printed(`for (let i = 0; i < 200000; i++) console.log('line ' + i)`)
    expect(lines).toHaveLength(1_001)
    expect(lines.at(-2)).toBe('line 999')
    expect(lines.at(-1)).toBe('… more than 1000 lines; the rest is left out')
    const [long, next] = await printed(`console.log('x'.repeat(5e6)); console.log('next')`)
    expect(long).toBe(`${'x'.repeat(2_000)}…`)
    expect(next).toBe('next')
  })

  it('is thrown away when nobody listens', async () => {
    expect(
      await runner.ingest(
        javascript(
          `export const ingest = () => { for (let i = 0; i < 1e5; i++) console.log('x'); return [] }`,
        ),
        LIMITS,
      ),
    ).toEqual([])
  })

  it('has no word of the program in it', async () => {
    expect(await printed(`await import('node:fs')`)).toEqual([])
  })
})

describe('environment', () => {
  const show = `export const ingest = () => [{ ...process.env }]`

  it('holds no secret of the program', async () => {
    const env = {
      PATH: '/bin',
      TZ: 'Asia/Tokyo',
      HOME: '/h',
      LC_ALL: 'C',
      ANOMSTACK_FN_TOKEN: 'mine',
      EXTRA: 'yes',
      UNSET: undefined,
      ANOMSTACK_SLACK_BOT_TOKEN: 'xoxb-secret',
      OPENAI_API_KEY: 'sk-secret',
      AWS_SECRET_ACCESS_KEY: 'secret',
      NODE_OPTIONS: '--inspect',
      MY_ANOMSTACK_FN_X: 'secret',
    }
    const strict = createFunctionRunner({ environment: env, visibleVariables: ['EXTRA', 'UNSET'] })
    expect(await strict.ingest(javascript(show), LIMITS)).toEqual([
      { PATH: '/bin', TZ: 'Asia/Tokyo', HOME: '/h', LC_ALL: 'C', ANOMSTACK_FN_TOKEN: 'mine', EXTRA: 'yes' },
    ])
  })

  it('is empty unless one is given, also where the system would show it', async () => {
    expect(await runner.ingest(javascript(show), LIMITS)).toEqual([{}])
    if (process.platform !== 'linux') return
    const code = `import { readFileSync } from 'node:fs'; export const ingest = () => [{ all: readFileSync('/proc/self/environ', 'utf8') }]`
    const [row] = await runner.ingest(javascript(code), LIMITS)
    expect(String(row?.all)).not.toContain('PATH=')
  })
})

describe('many at once', () => {
  it('keeps 20 calls apart', async () => {
    const calls = Array.from({ length: 20 }, (_, index) =>
      runner
        .ingest(
          javascript(`globalThis.n = (globalThis.n ?? 0) + ${index}
            export const ingest = () => { if (${index} % 5 === 4) throw new Error('no ' + n); return [{ n }] }`),
          LIMITS,
        )
        .catch((error: unknown) => (error as AnomstackError).problem),
    )
    expect(await Promise.all(calls)).toEqual(
      Array.from({ length: 20 }, (_, n) => (n % 5 === 4 ? `ingest() threw Error: no ${n}` : [{ n }])),
    )
  })
})
