import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { eventually } from '../eventually.ts'
import { python } from '../functions/python-source.ts'
import { LIMITS, scratchProject } from '../functions/scratch-project.ts'

const runner = createFunctionRunner({ environment: process.env })
const linux = process.platform === 'linux'

/** Whether a process is gone, or is no more than its exit code. */
function isGone(pid: string): boolean {
  const stat = `/proc/${pid}/stat`
  return !existsSync(stat) || readFileSync(stat, 'utf8').includes(') Z')
}

describe('memory', () => {
  it.each([
    ['many small objects', 'all = []\n    while True: all.append({})'],
    ['blocks, one after the other', 'all = []\n    while True: all.append(bytearray(b"x" * 2**20))'],
    ['text that doubles', 'text = "x"\n    while True: text += text'],
    ['a block larger than any', 'return [{"n": len(bytearray(2**40))}]'],
    [
      'a pattern of a thread',
      'import threading\n    all = []\n    def fill():\n        while True: all.append(b"x" * 2**20 + bytes(1))\n    threading.Thread(target=fill).start()\n    threading.Event().wait()',
    ],
  ])('%s', async (_, bomb) => {
    await expect(
      runner.ingest(python(`def ingest():\n    ${bomb}`), { timeoutMs: 60_000, memoryMb: 64 }),
    ).rejects.toMatchObject({
      code: 'FUNCTION_LIMIT',
      problem:
        'ingest() took more than 64 MB of memory and was stopped; keep less at a time, or raise function_memory_mb',
    })
  })

  it('leaves room for what is allowed', async () => {
    expect(
      await runner.ingest(
        python('def ingest():\n    data = b"x" * (60 << 20)\n    return [{"n": len(data)}]'),
        {
          timeoutMs: 60_000,
          memoryMb: 64,
        },
      ),
    ).toEqual([{ n: 60 << 20 }])
  })
})

describe('time', () => {
  it.each([
    ['a loop', 'def ingest():\n    while True: pass'],
    ['a loop while it is loaded', 'while True: pass'],
    ['a coroutine', 'import asyncio\nasync def ingest(): await asyncio.Event().wait()'],
    ['a slow pattern', 'import re\ndef ingest(): re.match("(a+)+$", "a" * 60 + "b")'],
    ['another program', 'import subprocess\ndef ingest(): subprocess.run(["sleep", "1000"])'],
    [
      'errors that are caught',
      'def ingest():\n    while True:\n        try: 1 / 0\n        except BaseException: pass',
    ],
    [
      'ignored signals',
      'import signal, threading\ndef ingest():\n    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(each, signal.SIG_IGN)\n    threading.Event().wait()',
    ],
  ])('ends %s', async (_, text) => {
    await expect(runner.ingest(python(text), { ...LIMITS, timeoutMs: 1_500 })).rejects.toMatchObject({
      code: 'FUNCTION_LIMIT',
      problem: 'ingest() ran longer than 1.5 s and was stopped; make it faster, or raise function_timeout',
    })
  })

  it.runIf(linux)('of the processor is limited too', async () => {
    const text = 'import resource\ndef ingest(): return [{"s": resource.getrlimit(resource.RLIMIT_CPU)[0]}]'
    expect(await runner.ingest(python(text), { ...LIMITS, timeoutMs: 20_500 })).toEqual([{ s: 22 }])
    await expect(
      runner.ingest(python('import os, signal\ndef ingest(): os.kill(os.getpid(), signal.SIGXCPU)'), LIMITS),
    ).rejects.toMatchObject({
      code: 'FUNCTION_LIMIT',
      problem:
        'ingest() used more than 31 s of processor time and was stopped; make it faster, or raise function_timeout',
    })
  })

  it.runIf(linux)('takes the programs with it that the code has started', async () => {
    const dir = scratchProject()
    const text = `
import os, subprocess
def ingest():
    forked = os.fork()
    if forked == 0:
        while True: os.read(os.open("/dev/zero", os.O_RDONLY), 1)
    return [{"pids": [str(forked), str(subprocess.Popen(["sleep", "1000"]).pid)]}]`
    const [row] = await runner.ingest(python(text, { folder: dir }), LIMITS)
    for (const pid of row!.pids as string[]) await eventually(`the end of process ${pid}`, () => isGone(pid))
  })

  it.runIf(linux)('ends with the program that it works for, in the middle of a loop', async () => {
    const dir = scratchProject({
      'program.mts': `
import { createFunctionRunner } from ${JSON.stringify(join(import.meta.dirname, '../../src/functions/create-function-runner.ts'))}
const text = 'import os\\ndef ingest():\\n    open("pid", "w").write(str(os.getpid()))\\n    os.replace("pid", "started")\\n    while True: pass'
const source = { language: 'python', text, file: process.cwd() + '/x.py', batch: 'b', python: 'python3', folder: process.cwd() }
const running = createFunctionRunner({ environment: process.env }).ingest(source, { timeoutMs: 1e9, memoryMb: 64 })
const { existsSync } = await import('node:fs')
setInterval(() => existsSync('started') && process.kill(process.pid, 'SIGKILL'), 20)
await running`,
    })
    const tsx = join(import.meta.dirname, '../../node_modules/tsx/dist/cli.mjs')
    spawnSync(process.execPath, [tsx, join(dir, 'program.mts')], { cwd: dir, encoding: 'utf8' })
    const pid = readFileSync(join(dir, 'started'), 'utf8')
    await eventually(`the end of process ${pid}`, () => isGone(pid))
  })
})

describe('cancellation', () => {
  it('ends a loop in the middle, and passes on why', async () => {
    const abort = new AbortController()
    const why = new AnomstackError('TIMED_OUT', 'the run took too long')
    const text = 'def ingest():\n    print("begun")\n    while True: pass'
    await expect(
      runner.ingest(python(text), { ...LIMITS, signal: abort.signal, onOutput: () => abort.abort(why) }),
    ).rejects.toBe(why)
    await expect(
      runner.ingest(python('def ingest(): return []'), { ...LIMITS, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'CANCELED' })
  })
})

describe('output', () => {
  it('comes line by line and apart from the answer, whatever the code does to its streams', async () => {
    const lines: string[] = []
    const text = `
import logging, os, subprocess, sys
def ingest():
    print("é😀", {"a": 1})
    print("no newline", end="")
    sys.stdout.flush()
    sys.stderr.write("warn\\n")
    logging.getLogger("mine").info("told")
    subprocess.run(["echo", "of a program"])
    assert sys.stdin.read() == ""
    sys.stdout.close()
    os.close(1)
    return [{"a": 1}]`
    expect(await runner.ingest(python(text), { ...LIMITS, onOutput: (line) => lines.push(line) })).toEqual([
      { a: 1 },
    ])
    expect(lines.toSorted()).toEqual(
      ['INFO mine: told', 'no newlineof a program', 'warn', "é😀 {'a': 1}"].toSorted(),
    )
  })
})

describe('environment', () => {
  it('holds what is harmless, and no secret of the program', async () => {
    const env = {
      PATH: process.env.PATH,
      VIRTUAL_ENV: '/venv',
      PYTHONPATH: '/modules',
      ANOMSTACK_FN_TOKEN: 'mine',
      POSTHOG_API_KEY: 'named',
      OPENAI_API_KEY: 'sk-secret',
      PYTHONSTARTUP: '/evil.py',
      PYTHONHOME: '/nowhere',
      OMP_NUM_THREADS: '4',
    }
    const strict = createFunctionRunner({ environment: env })
    const text =
      'import os\nkeep = dict(os.environ)\nkeep["proc"] = open("/proc/self/environ").read() if os.path.exists("/proc/self/environ") else ""\ndef ingest(): return [keep]'
    const [row] = await strict.ingest(python(text), { ...LIMITS, variables: ['POSTHOG_API_KEY'] })
    expect(row).toMatchObject({
      VIRTUAL_ENV: '/venv',
      PYTHONPATH: '/modules',
      ANOMSTACK_FN_TOKEN: 'mine',
      POSTHOG_API_KEY: 'named',
      OMP_NUM_THREADS: '4',
      MKL_NUM_THREADS: '1',
    })
    expect(JSON.stringify(row)).not.toMatch(/sk-secret|evil|nowhere/)
  })
})

describe('interpreter', () => {
  const text = 'def ingest(): return [{"a": 1}]'

  it.each([
    ['no-such-python', /^there is no "no-such-python" on the PATH; install Python 3.9 or newer, or name/],
    ['/nowhere/bin/python', /^there is no Python at \/nowhere\/bin\/python; install/],
    ['/dev/null', /^\/dev\/null cannot be executed; install/],
  ])('%s is told of', async (command, problem) => {
    await expect(runner.ingest(python(text, { python: command }), LIMITS)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      at: { file: '/project/metrics/sales.yaml#function' },
      problem: expect.stringMatching(problem),
    })
  })

  it.runIf(process.platform !== 'win32')('must not be too old, and must be Python', async () => {
    const dir = scratchProject()
    const script = (name: string, lines: string) => {
      writeFileSync(join(dir, name), `#!/bin/sh\n${lines}\n`)
      chmodSync(join(dir, name), 0o755)
      return python(text, { python: join(dir, name) })
    }
    const old = script(
      'old',
      'exec python3 -c "import runpy, sys; sys.version_info = (3, 7, 4); runpy.run_path(sys.argv[1], run_name=\'__main__\')" "$4"',
    )
    await expect(runner.ingest(old, LIMITS)).rejects.toMatchObject({
      problem: `${join(dir, 'old')} is Python 3.7.4, and 3.9 or newer is needed; name another interpreter with python: in the batch, or with ANOMSTACK_PYTHON`,
    })
    await expect(runner.ingest(script('other', 'exit 2'), LIMITS)).rejects.toMatchObject({
      problem: 'the code ended its own process with exit code 2 before ingest() returned',
    })
  })
})

it('keeps 12 calls apart', async () => {
  const calls = Array.from({ length: 12 }, (_, n) =>
    runner
      .ingest(
        python(`def ingest():\n    if ${n} % 5 == 4: raise ValueError("no ${n}")\n    return [{"n": ${n}}]`),
        LIMITS,
      )
      .catch((error: unknown) => (error as AnomstackError).problem),
  )
  expect(await Promise.all(calls)).toEqual(
    Array.from({ length: 12 }, (_, n) => (n % 5 === 4 ? `ingest() raised ValueError: no ${n}` : [{ n }])),
  )
})
