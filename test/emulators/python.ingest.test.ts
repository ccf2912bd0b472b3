import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AnomstackError } from '../../src/core/errors.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { python } from '../functions/python-source.ts'
import { LIMITS, scratchProject } from '../functions/scratch-project.ts'

const runner = createFunctionRunner({ environment: process.env })
const ingest = (text: string) => runner.ingest(python(text), LIMITS)
const failure = async (text: string) =>
  (await ingest(text).then(
    () => {
      throw new Error('it did not fail')
    },
    (error: unknown) => error,
  )) as AnomstackError

describe('what ingest() may return', () => {
  it('is a list of dicts, with every kind of value that Python has', async () => {
    const rows = await ingest(`
import datetime, decimal, enum, fractions, uuid
from collections import namedtuple, OrderedDict

class Colour(enum.Enum):
    RED = "red"

def ingest():
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    return [
        {"metric_timestamp": datetime.datetime(2024, 3, 1, 10, 0, 0, 123456), "metric_name": "a", "metric_value": 1},
        {"metric_timestamp": datetime.datetime(2024, 3, 1, 10, tzinfo=tokyo), "metric_name": Colour.RED, "metric_value": decimal.Decimal("2.5")},
        OrderedDict(metric_timestamp=datetime.date(2024, 3, 1), metric_name="é😀\\ud800", metric_value=fractions.Fraction(1, 4)),
        namedtuple("Row", "metric_timestamp metric_name metric_value")(None, "d", float("nan")),
        {"metric_value": float("inf"), "metadata": {"at": datetime.datetime(2024, 3, 1), "all": {1}, "big": -float("inf")}},
        {"metric_value": 10**400, "metadata": "x", "__proto__": 1, 5: uuid.UUID(int=1)},
        {"metric_value": 2**53 + 2},
    ]
`)
    const blank = { metric_timestamp: null, metric_name: null, metadata: null, __proto__: null, 5: null }
    const row = (more: Record<string, unknown>) => Object.assign(Object.create(null), blank, more)
    expect(rows.map((each) => ({ ...each }))).toEqual(
      [
        row({ metric_timestamp: new Date('2024-03-01T10:00:00.123Z'), metric_name: 'a', metric_value: 1 }),
        row({ metric_timestamp: new Date('2024-03-01T01:00:00Z'), metric_name: 'red', metric_value: 2.5 }),
        row({
          metric_timestamp: new Date('2024-03-01T00:00:00Z'),
          metric_name: 'é😀\ud800',
          metric_value: 0.25,
        }),
        row({ metric_name: 'd', metric_value: null }),
        row({
          metric_value: Infinity,
          metadata: { at: '2024-03-01T00:00:00.000Z', all: [1], big: '-Infinity' },
        }),
        row({ metric_value: Infinity, metadata: 'x', 5: '00000000-0000-0000-0000-000000000001' }),
        row({ metric_value: 2 ** 53 + 2 }),
      ].map((each) => expect.objectContaining({ ...each })),
    )
    expect(Object.hasOwn(rows[5]!, '__proto__')).toBe(true)
  })

  it.each([
    [
      'an async function',
      'async def ingest():\n    import asyncio\n    await asyncio.sleep(0)\n    return [{"a": 1}]',
    ],
    ['a generator', 'def ingest():\n    yield {"a": 1}'],
    ['an async generator', 'async def ingest():\n    yield {"a": 1}'],
    ['a function that is not called ingest at first', 'def f(): return [{"a": 1}]\ningest = f'],
    ['a tuple', 'def ingest(): return ({"a": 1},)'],
    [
      'a frame of another library',
      'class Frame:\n    def to_dicts(self): return [{"a": 1}]\ndef ingest(): return Frame()',
    ],
    ['text with a mark at its start and other line ends', '\ufeffdef ingest():\r\n    return [{"a": 1}]\r\n'],
  ])('comes from %s', async (_, text) => {
    expect(await ingest(text)).toEqual([{ a: 1 }])
  })

  it('may be nothing at all, or a great deal', async () => {
    expect(await ingest('def ingest(): return []')).toEqual([])
    expect(await ingest('def ingest(): return [{}, {}]')).toEqual([{}, {}])
    const rows = await ingest(
      'def ingest(): return [{"metric_name": f"m{i}", "metric_value": i / 3} for i in range(50000)]',
    )
    expect(rows).toHaveLength(50_000)
    expect(rows[49_999]).toEqual({ metric_name: 'm49999', metric_value: 49_999 / 3 })
  })

  it.each([
    ['None', 'ROWS_INVALID', 'ingest() returned None; return a DataFrame, or a list of dicts'],
    ['{"a": [1]}', 'ROWS_INVALID', "ingest() returned {'a': [1]}; return"],
    ['[{"a": 1}, 3]', 'ROWS_INVALID', 'ingest() returned 3 as row 2; a row is a dict'],
    [
      '[{"a": print}]',
      'FUNCTION_FAILED',
      'ingest() returned <built-in function print> as "a" of row 1, which is not data',
    ],
    ['[{"a": b"x"}]', 'FUNCTION_FAILED', `ingest() returned b'x' as "a" of row 1, which is not data`],
  ])('is not %s', async (value, code, problem) => {
    expect(await failure(`def ingest(): return ${value}`)).toMatchObject({
      code,
      problem: expect.stringContaining(problem),
    })
  })
})

describe('errors', () => {
  const file = '/project/metrics/sales.yaml#function'

  it('name the line of the user, and show the stack', async () => {
    const error = await failure(`import json

def inner():
    raise ValueError("no é\\n2")

def ingest():
    try:
        json.loads("{")
    except ValueError as error:
        inner()
`)
    expect(error).toMatchObject({ code: 'FUNCTION_FAILED', at: { file, line: 4 } })
    expect(error.message).toBe(`${file}:4: ingest() raised ValueError: no é\n2`)
    expect((error.cause as Error).stack).toBe(`Traceback (most recent call last):
  File "${file}", line 10, in ingest
    inner()
  File "${file}", line 4, in inner
    raise ValueError("no é\\n2")
ValueError: no é
2`)
  })

  it.each([
    ['a syntax error', 'def ingest():\n    return (', { line: 2 }, 'the code could not be parsed:'],
    [
      'wrong indentation',
      'def ingest():\nreturn 1',
      { line: 2 },
      'the code could not be parsed: expected an indented block',
    ],
    [
      'an error while it is loaded',
      'x = 1\ny = x / 0',
      { line: 2 },
      'the code raised ZeroDivisionError: division by zero',
    ],
    ['no function', 'def other(): pass', {}, 'it has no function ingest(); write: def ingest()'],
    ['an exit', 'import sys\ndef ingest():\n    sys.exit(3)', { line: 3 }, 'ingest() called sys.exit(3)'],
    [
      'an interrupt',
      'def ingest():\n    raise KeyboardInterrupt',
      { line: 2 },
      'ingest() raised KeyboardInterrupt',
    ],
    [
      'a cause',
      'def ingest():\n    raise OSError("a") from KeyError("b")',
      { line: 2 },
      "ingest() raised OSError: a (because: KeyError: 'b')",
    ],
    [
      'an error in a generator',
      'def ingest():\n    yield {}\n    1 / 0',
      { line: 3 },
      'ingest() raised ZeroDivisionError',
    ],
    [
      'an error in a coroutine',
      'async def ingest():\n    1 / 0',
      { line: 2 },
      'ingest() raised ZeroDivisionError',
    ],
    [
      'an error that cannot be shown',
      'class E(Exception):\n    def __str__(self): 1 / 0\ndef ingest():\n    raise E()',
      { line: 4 },
      'ingest() raised',
    ],
    ['recursion', 'def ingest(): return ingest()', { line: 1 }, 'ingest() raised RecursionError'],
  ])('tell of %s', async (_, text, at, problem) => {
    const error = await failure(text)
    expect(error).toMatchObject({ code: 'FUNCTION_FAILED', at: { file, ...at } })
    expect(error.problem).toContain(problem)
  })

  it('name a package that is missing, and the interpreter that it is missing in', async () => {
    const error = await failure('def ingest():\n    import no_such_package.part')
    expect(error.at).toEqual({ file, line: 2 })
    expect(error.problem).toMatch(
      /^ingest\(\) raised an error: it needs the package "no_such_package", which \/.*python.* \(Python 3\.\d+\.\d+\) has not; install it there \(\/.* -m pip install no_such_package\)/,
    )
  })

  it('end before the process does', async () => {
    expect((await failure('import os\ndef ingest(): os._exit(7)')).problem).toBe(
      'the code ended its own process with exit code 7 before ingest() returned',
    )
    expect((await failure('import os\ndef ingest(): os.kill(os.getpid(), 11)')).problem).toBe(
      'the process was ended by SIGSEGV before ingest() returned',
    )
    expect((await failure('import os\ndef ingest(): os.write(3, bytes(16) + b"x")')).problem).toMatch(
      /^the process answered something else than asked/,
    )
  })

  it('stand in the file that the line is in', async () => {
    const dir = scratchProject({
      'metrics/shop.py': '',
      'metrics/part.py': 'def rows():\n    raise ValueError("in part")\n',
      'shared.py': 'FACTOR = 3\n',
    })
    const source = (text: string) => python(text, { file: join(dir, 'metrics/shop.py'), folder: dir })
    const rows =
      'import os, part, shared\ndef ingest(): return [{"f": shared.FACTOR, "cwd": os.getcwd(), "file": __file__}]'
    expect(await runner.ingest(source(rows), LIMITS)).toEqual([
      { f: 3, cwd: dir, file: join(dir, 'metrics/shop.py') },
    ])
    await expect(
      runner.ingest(source('import part\n\ndef ingest(): return part.rows()'), LIMITS),
    ).rejects.toMatchObject({ at: { file: join(dir, 'metrics/part.py'), line: 2 } })
    await expect(runner.ingest(source('def ingest(): 1 / 0'), LIMITS)).rejects.toMatchObject({
      at: { file: join(dir, 'metrics/shop.py'), line: 1 },
    })
  })
})

it('preprocess() needs pandas, and says so', async () => {
  const series = { timestamps: Float64Array.of(1, 2), values: Float64Array.of(3, 4) }
  const bare = python('def preprocess(df): return df\nimport sys\nsys.modules["pandas"] = None')
  await expect(runner.preprocess(bare, [{ metric: 'm', series, params: {} }], LIMITS)).rejects.toMatchObject({
    code: 'FUNCTION_FAILED',
    at: { metric: 'm' },
    problem: expect.stringMatching(/preprocess\(\) raised an error: it needs the package "pandas"/),
  })
  expect(await runner.preprocess(bare, [], LIMITS)).toEqual([])
})
