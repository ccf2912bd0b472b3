import { describe, expect, it } from 'vitest'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import type { FunctionLimits, PythonSource } from '../../src/functions/function-runner.ts'
import { preprocess } from '../../src/timeseries/preprocess.ts'
import { defaultSpec, makeSeries } from '../models/samples.ts'
import { createProject, openApp } from '../project.ts'

const python = process.env.ANOMSTACK_TEST_PYTHON ?? ''
if (python === '')
  throw new Error('ANOMSTACK_TEST_PYTHON is not set: start these tests with npm run test:emulators')

const runner = createFunctionRunner({ environment: process.env })
const LIMITS: FunctionLimits = { timeoutMs: 60_000, memoryMb: 256 }

function code(text: string): PythonSource {
  return {
    language: 'python',
    text,
    file: '/project/metrics/sales.yaml',
    batch: 'sales',
    python,
    folder: '/project',
  }
}

const ingest = (text: string) => runner.ingest(code(text), LIMITS)

describe('ingest', () => {
  it('takes a DataFrame of every kind of column', async () => {
    const rows = await ingest(`
import datetime, decimal
import numpy as np
import pandas as pd

def ingest():
    return pd.DataFrame({
        "metric_timestamp": pd.to_datetime(["2024-03-01 10:00", "2024-03-01 11:00", None]),
        "aware": pd.to_datetime(["2024-03-01 10:00"] * 3).tz_localize("Asia/Tokyo"),
        "metric_name": pd.Categorical(["a", "b", "a"]),
        "metric_value": pd.array([1, None, 3], dtype="Int64"),
        "float": np.array([1.5, np.nan, np.inf], dtype="float32"),
        "decimal": [decimal.Decimal("2.25"), decimal.Decimal("NaN"), None],
        "mixed": [np.int64(7), pd.Timestamp("2024-03-01 10:00:00.123456"), pd.NaT],
        "day": [datetime.date(2024, 3, 1), None, pd.NA],
        "flag": [True, False, None],
        "metadata": [{"a": np.float64(1.5)}, [datetime.datetime(2024, 3, 1)], "text"],
        7: pd.array(["x", None, "é😀"], dtype="string"),
    })
`)
    expect(rows).toEqual([
      {
        metric_timestamp: new Date('2024-03-01T10:00:00Z'),
        aware: new Date('2024-03-01T01:00:00Z'),
        metric_name: 'a',
        metric_value: 1,
        float: 1.5,
        decimal: 2.25,
        mixed: 7,
        day: new Date('2024-03-01T00:00:00Z'),
        flag: true,
        metadata: { a: 1.5 },
        7: 'x',
      },
      {
        metric_timestamp: new Date('2024-03-01T11:00:00Z'),
        aware: new Date('2024-03-01T01:00:00Z'),
        metric_name: 'b',
        metric_value: null,
        float: null,
        decimal: null,
        mixed: '2024-03-01T10:00:00.123Z',
        day: null,
        flag: false,
        metadata: ['2024-03-01T00:00:00.000Z'],
        7: null,
      },
      {
        metric_timestamp: null,
        aware: new Date('2024-03-01T01:00:00Z'),
        metric_name: 'a',
        metric_value: 3,
        float: Infinity,
        decimal: null,
        mixed: null,
        day: null,
        flag: null,
        metadata: 'text',
        7: 'é😀',
      },
    ])
  })

  it('runs what was written for Dagster, without Dagster', async () => {
    const lines: string[] = []
    const text = `
import pandas as pd

def ingest() -> pd.DataFrame:
    from dagster import get_dagster_logger
    logger = get_dagster_logger()
    logger.info("reading")
    rows = [{"metric_timestamp": pd.Timestamp("2024-01-01", tz="UTC"), "metric_name": f"m{i}", "metric_value": float(i)} for i in range(3)]
    df = pd.DataFrame(rows)
    return df[["metric_timestamp", "metric_name", "metric_value"]]
`
    const rows = await runner.ingest(code(text), { ...LIMITS, onOutput: (line) => lines.push(line) })
    expect(rows.map(({ metric_name, metric_value }) => [metric_name, metric_value])).toEqual([
      ['m0', 0],
      ['m1', 1],
      ['m2', 2],
    ])
    expect(lines).toEqual(['INFO dagster: reading'])
  })

  it('takes frames that a generator makes, and frames without rows or columns', async () => {
    expect(
      await ingest(`
import pandas as pd
def ingest():
    yield pd.DataFrame({"a": [1], "b": ["x"]})
    yield pd.DataFrame({"c": [2.5], "a": [3]})
`),
    ).toEqual([
      { a: 1, b: 'x', c: null },
      { a: 3, b: null, c: 2.5 },
    ])
    expect(await ingest('import pandas as pd\ndef ingest(): return pd.DataFrame()')).toEqual([])
  })

  it('says which value is not data, and which column is there twice', async () => {
    await expect(
      ingest('import pandas as pd\ndef ingest(): return pd.DataFrame({"a": [1, ingest]})'),
    ).rejects.toThrow(/ingest\(\) returned <function ingest at .*> as "a" of row 2, which is not data/)
    await expect(
      ingest('import pandas as pd\ndef ingest(): return pd.DataFrame([[1, 2]], columns=["a", "a"])'),
    ).rejects.toMatchObject({
      code: 'ROWS_INVALID',
      problem: expect.stringContaining('two columns named "a"'),
    })
  })
})

const LAGS = `
def preprocess(df, diff_n=1, smooth_n=3, lags_n=5, shuffle=False, dropna=True, freq=None, freq_agg="mean"):
    X = df.sort_values(by="metric_timestamp").set_index("metric_timestamp")[["metric_value"]]
    if diff_n > 0:
        X["metric_value"] = X["metric_value"].diff(periods=diff_n)
    if smooth_n > 0:
        X["metric_value"] = X["metric_value"].rolling(window=smooth_n).mean()
    for lag in range(1, lags_n + 1):
        X[f"lag_{lag}"] = X["metric_value"].shift(lag)
    X = X.sample(frac=1, random_state=1)
    return X.dropna()
`

describe('preprocess', () => {
  const series = makeSeries(60)
  const params = { ...defaultSpec.preprocess }
  const call = (text: string, given: Readonly<Record<string, unknown>> = params, points = series) =>
    runner.preprocess(code(text), [{ metric: 'orders', series: points, params: given }], LIMITS)

  it('gives what the built-in preprocessing gives, for many metrics at once', async () => {
    const calls = Array.from({ length: 50 }, (_, i) => ({
      metric: `m${i}`,
      series: makeSeries(100, i),
      params,
    }))
    const results = await runner.preprocess(code(LAGS), calls, LIMITS)
    for (const [index, { series: each }] of calls.entries()) {
      const ours = preprocess(each, defaultSpec.preprocess)
      expect(results[index]?.timestamps).toEqual(ours.timestamps)
      expect(results[index]?.names).toEqual(['metric_value', 'lag_1', 'lag_2', 'lag_3', 'lag_4', 'lag_5'])
      results[index]?.data.forEach((value, at) => {
        expect(value).toBeCloseTo(ours.data[at]!, 9)
      })
    }
  })

  it('gets the batch and the metric, and times in UTC', async () => {
    const lines: string[] = []
    await runner.preprocess(
      code(
        'def preprocess(df, **params): print(list(df.columns), df.dtypes["metric_timestamp"], df.iloc[0].tolist(), params)',
      ),
      [{ metric: 'a"🔥', series, params: { window: 7, name: 'é' } }],
      { ...LIMITS, onOutput: (line) => lines.push(line) },
    )
    expect(lines[0]).toContain(
      `['metric_timestamp', 'metric_batch', 'metric_name', 'metric_value'] datetime64[ns]`,
    )
    expect(lines[0]).toContain(`Timestamp('2026-01-01 00:00:00'), 'sales', 'a"🔥'`)
    expect(lines[0]).toContain(`{'window': 7, 'name': 'é'}`)
  })

  it('leaves parameters of the built-in preprocessing to functions that take them', async () => {
    const [features] = await call(
      'def preprocess(df, window): return df["metric_value"].rolling(window).mean().to_numpy()',
      {
        ...params,
        window: 4,
      },
    )
    expect(features?.columns).toBe(1)
    expect(features?.timestamps).toHaveLength(57)
    expect(features?.timestamps.at(-1)).toBe(series.timestamps.at(-1))
  })

  it('takes a column of times, an index with a zone, labels of the rows given, and none at all', async () => {
    const [column] = await call('def preprocess(df, **p): return df.tail(3)')
    expect(Array.from(column!.timestamps)).toEqual(Array.from(series.timestamps.slice(-3)))
    expect(column?.names).toEqual(['metric_value'])
    const [zoned] = await call(
      'def preprocess(df, **p): return df.set_index(df["metric_timestamp"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"))[["metric_value"]]',
    )
    expect(zoned?.timestamps).toEqual(series.timestamps)
    const [labelled] = await call('def preprocess(df, **p): return df[["metric_value"]].iloc[[5, 2]]')
    expect(Array.from(labelled!.timestamps)).toEqual([series.timestamps[2], series.timestamps[5]])
    for (const text of ['pass', 'return []', 'return df.head(0)', 'return df[["metric_value"]].head(0)'])
      expect((await call(`def preprocess(df, **p): ${text}`))[0]?.timestamps).toHaveLength(0)
  })

  it('works on a metric without points, and on times of long ago', async () => {
    const none = { timestamps: new Float64Array(), values: new Float64Array() }
    expect((await call(LAGS, params, none))[0]?.timestamps).toHaveLength(0)
    const ancient = { timestamps: Float64Array.of(-30e12, -29e12), values: Float64Array.of(1, 2) }
    const [features] = await call('def preprocess(df, **p): return df', {}, ancient)
    expect(features?.timestamps).toEqual(ancient.timestamps)
  })

  it.each([
    [
      'return df[["metric_value"]].head(3).reset_index(drop=True)',
      /its 3 rows do not say which of the 60 points/,
    ],
    ['return df.assign(x="a")', /its column "x" does not hold numbers/],
    ['return "text"', /it is 'text'; return a DataFrame/],
    ['return [[1]] * 61', /there are 61 rows for 60 points/],
    ['return df.assign(metric_timestamp=df["metric_timestamp"].iloc[0])', /two rows have the timestamp/],
    ['return 1 / 0', /preprocess\(\) raised ZeroDivisionError: division by zero/],
    ['return wrong(df)', /NameError/],
  ])('says what is wrong with %s', async (text, problem) => {
    await expect(call(`def preprocess(df, **p):\n    ${text}`)).rejects.toMatchObject({
      code: 'FUNCTION_FAILED',
      at: { metric: 'orders', file: '/project/metrics/sales.yaml#function' },
      message: expect.stringMatching(problem),
    })
  })

  it('fails for one metric alone', async () => {
    const failed: string[] = []
    const text = 'def preprocess(df, **p):\n    return df if df["metric_name"].iloc[0] == "good" else 1 / 0'
    const results = await runner.preprocess(
      code(text),
      ['bad', 'good'].map((metric) => ({ metric, series, params })),
      { ...LIMITS, onMetricFailure: (metric, { at }) => failed.push(`${metric} at ${at.line}`) },
    )
    expect(failed).toEqual(['bad at 2'])
    expect(results.map(({ timestamps }) => timestamps.length)).toEqual([0, 60])
  })
})

it('a project in Python is ingested, trained, scored and judged', async () => {
  const dir = await createProject({
    'shop.yaml': `metric_batch: shop
db: sqlite
python: ${JSON.stringify(python)}
ingest_fn: '{% include "./shop.py" %}'
preprocess_fn: '{% include "./lags.py" %}'
train_cron_schedule: '* * * * *'
disable_change: true
model_configs:
  - {model_name: pyod.models.copod.COPOD, model_tag: copod}
`,
    'lags.py': LAGS,
    'shop.py': `
import numpy as np
import pandas as pd

def ingest():
    times = pd.date_range("2026-01-01", periods=80, freq="5min")
    values = 100 + np.sin(np.arange(80) / 4) + np.where(np.arange(80) == 75, 50, 0)
    return pd.DataFrame({"metric_timestamp": times, "metric_name": "orders", "metric_value": values})
`,
  })
  const { app, run, points } = await openApp(dir)
  expect(app.project.faults).toEqual([])
  const at = Date.UTC(2026, 0, 1, 7)
  for (const job of ['ingest', 'train', 'score'] as const) {
    const ended = await run(job, 'shop', at)
    expect(ended, JSON.stringify(ended)).toMatchObject({ status: 'succeeded' })
  }
  expect((await points('shop', 'orders', 'metric')).timestamps).toHaveLength(80)
  const { timestamps, values } = await points('shop', 'orders', 'score')
  expect(timestamps.length).toBeGreaterThan(20)
  expect(values.every((score) => score >= 0 && score <= 1)).toBe(true)
})
