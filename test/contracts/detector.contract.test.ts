import { describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { createRandom } from '../../src/core/random.ts'
import type { DetectorDefinition, Matrix, ModelState } from '../../src/detectors/detector.ts'
import { detectors } from '../../src/detectors/index.ts'
import { linearScale, toProbability } from '../../src/detectors/probability.ts'
import { slidingWindows } from '../../src/detectors/series/timestamp-scores.ts'
import { labelledRows, NOT_SEPARATING } from '../detectors/labelled.ts'
import { areaUnderCurve, gaussianRows, matrixOf, rowOf } from '../detectors/samples.ts'
import { seasonalSeries } from '../detectors/series/seasonal-windows.ts'

const seed = 11
const defaultsOf = (definition: DetectorDefinition) => definition.options.parse({})
const learn = (definition: DetectorDefinition, data: Matrix, options = defaultsOf(definition)) =>
  definition.fit(data, options, { random: createRandom(seed) })

/** Detectors that cannot tell which columns drove a score, with the reason. All others must. */
const NOT_EXPLAINING: ReadonlyMap<string, string> = new Map([
  ['ABOD', 'an angle between differences is of all columns together'],
  ['CD', 'a row odd in one column moves the regressions of the others, by its leverage'],
  ['COF', 'most links of a chain are between neighbours of the row, whatever the row is'],
  ['DeepSVDD', 'a network mixes the columns'],
  ['INNE', 'the score is that of a sphere; outside all spheres it is 1, however far and in whatever column'],
  ['KPCA', 'components live in the space of the kernel, which has no columns'],
  ['LMDD', 'the score is of the spread of subsets of rows'],
  ['LUNAR', 'a network mixes the distances to neighbours'],
  ['OCSVM', 'the boundary lives in the space of the kernel, which has no columns'],
  ['QMCD', 'a discrepancy multiplies the columns'],
  ['ROD', 'a rotation is of three columns together'],
  ['SOS', 'a row is an outlier because others do not bind to it'],
])

/** Detectors of windows that judge the newest value alone. */
const JUDGE_NEWEST: ReadonlySet<string> = new Set([
  'Decomposition',
  'HoltWinters',
  'POLY',
  'SeasonalRobustZ',
  'SpectralResidual',
])

/** State as a bundle keeps it: numbers and texts in JSON, arrays as bytes. */
function throughBytes(state: ModelState): ModelState {
  const kinds = {
    Float64Array,
    Float32Array,
    Int32Array,
    Uint32Array,
    Uint16Array,
    Int16Array,
    Uint8Array,
    Int8Array,
  }
  const text = JSON.stringify(state, (_, value: unknown) =>
    ArrayBuffer.isView(value)
      ? {
          kind: value.constructor.name,
          bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
        }
      : value,
  )
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('kind' in value && 'bytes' in value)) return value
    const bytes = Uint8Array.from(Buffer.from(String(value.bytes), 'base64'))
    return new kinds[value.kind as keyof typeof kinds](bytes.buffer)
  }) as ModelState
}

// Those that know the time have rows of their own kind, and tests of their own.
const untimed = [...detectors.values()].filter(({ family }) => family !== 'timed')

describe.each(untimed)('detector $name', (definition) => {
  const window = definition.window?.(defaultsOf(definition))
  const columns = definition.columns ?? window ?? 6
  const train = gaussianRows(300, columns, 1)
  const test = gaussianRows(150, columns, 2)

  it('says what it is', () => {
    expect(definition.summary).toMatch(/^[A-Z].*\.$/)
    expect(definition.source.length).toBeGreaterThan(10)
    expect(() => definition.options.parse(definition.example)).not.toThrow()
    for (const [name, option] of Object.entries(definition.options.shape))
      expect((option as { meta(): { description?: string } | undefined }).meta()?.description, name).toMatch(
        /\.$/,
      )
  })

  it('has PyOD defaults, takes contamination in (0, 0.5] and refuses unknown options', () => {
    expect(defaultsOf(definition)).toMatchObject({ contamination: 0.1 })
    expect(definition.options.safeParse({ contamination: 0.5 }).success).toBe(true)
    for (const contamination of [0, 0.51, -1, '0.1', Number.NaN])
      expect(definition.options.safeParse({ contamination }).success).toBe(false)
    expect(definition.options.safeParse({ no_such_option: 1 }).success).toBe(false)
  })

  it('gives one finite score a row, of training and of other rows', () => {
    const { model, trainScores } = learn(definition, train)
    expect(trainScores).toHaveLength(300)
    expect(model.score(test)).toHaveLength(150)
    for (const score of [...trainScores, ...model.score(test)]) expect(Number.isFinite(score)).toBe(true)
    expect(model.score({ data: new Float64Array(0), rows: 0, columns })).toHaveLength(0)
  })

  it('is restored bit for bit, from a structured clone and from bytes', () => {
    const { model } = learn(definition, train)
    const scores = model.score(test)
    for (const state of [structuredClone(model.state), throughBytes(model.state)]) {
      const restored = definition.restore(state)
      expect(restored.score(test)).toEqual(scores)
      expect(definition.restore(restored.state).score(test)).toEqual(scores)
    }
  })

  it('refuses a state that is not its own', () => {
    const { state } = learn(definition, train).model
    const refused = (broken: ModelState) =>
      expect(() => definition.restore(broken)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
    refused({})
    for (const key of Object.keys(state)) {
      const { [key]: _, ...rest } = state
      refused(rest)
      refused({ ...state, [key]: 'damaged' })
    }
  })

  it('judges each row by itself: one by one, in any order and in bulk', () => {
    const { model } = learn(definition, train)
    const bulk = model.score(test)
    for (let row = 0; row < test.rows; row++) expect(model.score(rowOf(test, row))[0]).toBe(bulk[row])
    const backwards = matrixOf(
      Array.from({ length: test.rows }, (_, i) => [...rowOf(test, test.rows - 1 - i).data]),
    )
    expect(Array.from(model.score(backwards)).reverse()).toEqual(Array.from(bulk))
    const fresh = definition.restore(model.state)
    for (let row = 0; row < 25; row++) expect(fresh.score(rowOf(test, row))[0]).toBe(bulk[row])
  })

  it('changes neither training rows, nor rows, nor state', () => {
    const rows = { ...train, data: train.data.slice() }
    const { model } = learn(definition, rows)
    const state = structuredClone(model.state)
    const queries = { ...test, data: test.data.slice() }
    const scores = model.score(queries)
    expect(rows.data).toEqual(train.data)
    expect(queries.data).toEqual(test.data)
    expect(model.state).toEqual(state)
    rows.data.fill(7)
    expect(model.score(queries)).toEqual(scores)
  })

  if (definition.family === 'online')
    it('learns from more rows, at once or one by one, and leaves states that were read as they were', () => {
      const atOnce = learn(definition, train).model
      const oneByOne = definition.restore(structuredClone(atOnce.state))
      const before = atOnce.state
      const kept = structuredClone(before)
      const more = gaussianRows(60, columns, 9)
      atOnce.partialFit!(more)
      for (let row = 0; row < more.rows; row++) oneByOne.partialFit!(rowOf(more, row))
      expect(before).toEqual(kept)
      expect(atOnce.state).not.toEqual(kept)
      expect(atOnce.state).toEqual(oneByOne.state)
      expect(atOnce.score(test)).toEqual(oneByOne.score(test))
      expect(definition.restore(structuredClone(atOnce.state)).score(test)).toEqual(atOnce.score(test))
    })

  it('gives the same result for the same seed', () => {
    const [first, second] = [learn(definition, train), learn(definition, train)]
    expect(second.trainScores).toEqual(first.trainScores)
    expect(second.model.state).toEqual(first.model.state)
  })

  it('scores outliers above inliers, in training and afterwards', () => {
    const [known, fresh] = [labelledRows(definition, 400, 6), labelledRows(definition, 400, 7)]
    const { model, trainScores } = learn(definition, known.data)
    if (NOT_SEPARATING.has(definition.name)) return
    expect(areaUnderCurve(trainScores, known.labels)).toBeGreaterThan(0.95)
    expect(areaUnderCurve(model.score(fresh.data), fresh.labels)).toBeGreaterThan(0.95)
  })

  describe('gives finite scores, or says that training is impossible, for', () => {
    const filled = (rows: number, value: (row: number, column: number) => number) =>
      matrixOf(Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => value(i, j))))
    const cases: Record<string, Matrix> = {
      'no rows': { data: new Float64Array(0), rows: 0, columns },
      'one row': filled(1, () => 3),
      'two rows': filled(2, (i) => i),
      'five rows': filled(5, (i, j) => i * j),
      'six rows': filled(6, (i, j) => Math.sin(i * 7 + j)),
      'all zeros': filled(50, () => 0),
      'a constant that binary cannot hold': filled(50, () => 0.1),
      'a constant but for one value': filled(50, (i) => (i === 20 ? 1 : 0)),
      'two values': filled(60, (i) => i % 2),
      duplicates: filled(60, (i, j) => (i % 3) * (j + 1)),
      'a ramp': filled(60, (i, j) => i + j),
      'one huge value': filled(60, (i, j) => (i === 30 ? 1e300 : Math.sin(i + j))),
      'huge values': filled(60, (i, j) => Math.sin(i * 3 + j) * 1e300),
      'the largest numbers': filled(60, (i) => (i % 2 === 0 ? 1 : -1) * Number.MAX_VALUE),
      'tiny values': filled(60, (i, j) => Math.sin(i * 3 + j) * 1e-300),
      'a tiny change on a huge level': filled(60, (i, j) => 1e15 + ((i * 7 + j) % 5)),
      ...(window === undefined && {
        'a single column': matrixOf(Array.from({ length: 60 }, (_, i) => [Math.sin(i)])),
      }),
    }
    it.each(Object.entries(cases))('%s', (_, data) => {
      let fitted: ReturnType<typeof learn>
      try {
        fitted = learn(definition, data)
      } catch (error) {
        expect(error).toBeInstanceOf(AnomstackError)
        expect((error as AnomstackError).code).toBe('TRAINING_IMPOSSIBLE')
        const needed = Number(/needs at least (\d+) rows/.exec((error as Error).message)?.[1])
        expect(data.rows).toBeLessThan(needed)
        expect(needed, 'fifty rows are enough for the defaults of every detector').toBeLessThanOrEqual(50)
        return
      }
      const queries = matrixOf(
        [0, 0.1, 1, -5, 1e15, 1e300, -1e300, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324].map((value) =>
          Array<number>(data.columns).fill(value),
        ),
      )
      const { model, trainScores } = fitted
      for (const scores of [trainScores, model.score(queries), model.score(data)]) {
        expect(scores.every(Number.isFinite)).toBe(true)
        const probabilities = toProbability(scores, linearScale(trainScores))
        expect(probabilities.every((probability) => probability >= 0 && probability <= 1)).toBe(true)
      }
      expect(definition.restore(structuredClone(model.state)).score(queries)).toEqual(model.score(queries))
      for (const parts of [model.explain?.(queries), model.explain?.(data)])
        expect(parts?.every((part) => part >= 0 && Number.isFinite(part)) ?? true).toBe(true)
    })
  })

  it('refuses rows that no score could be finite for', () => {
    const impossible = (data: Matrix) =>
      expect(() => learn(definition, data)).toThrow(expect.objectContaining({ code: 'TRAINING_IMPOSSIBLE' }))
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const data = gaussianRows(40, columns, 3)
      data.data[7] = value
      impossible(data)
    }
    impossible({ data: new Float64Array(7), rows: 3, columns: 2 })
    impossible({ data: new Float64Array(0), rows: 10, columns: 0 })
  })

  it('refuses rows of another width than it was trained on', () => {
    const { model } = learn(definition, train)
    expect(() => model.score(gaussianRows(3, columns + 1))).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
  })

  it('says whether it explains its scores, and has a reason where it cannot', () => {
    const explains = learn(definition, train).model.explain !== undefined
    expect(explains).toBe(definition.explains ?? false)
    expect(explains).toBe(!NOT_EXPLAINING.has(definition.name))
  })

  if (definition.explains !== true) return
  it('explains each row by itself, restored or not, and changes nothing', () => {
    const { model } = learn(definition, train)
    const state = structuredClone(model.state)
    const queries = { ...test, data: test.data.slice() }
    const parts = model.explain!(queries)
    expect(parts).toHaveLength(test.rows * columns)
    expect(parts.every((part) => part >= 0 && Number.isFinite(part))).toBe(true)
    expect(parts.some((part) => part > 0)).toBe(true)
    expect(queries.data).toEqual(test.data)
    expect(model.state).toEqual(state)
    for (const restored of [structuredClone(model.state), throughBytes(model.state)])
      expect(definition.restore(restored).explain!(test)).toEqual(parts)
    for (let row = 0; row < test.rows; row += 7)
      expect(model.explain!(rowOf(test, row))).toEqual(parts.slice(row * columns, (row + 1) * columns))
    expect(model.explain!({ data: new Float64Array(0), rows: 0, columns })).toHaveLength(0)
    expect(() => model.explain!(gaussianRows(3, columns + 1))).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID' }),
    )
  })

  if (JUDGE_NEWEST.has(definition.name))
    it('explains by the newest value alone', () => {
      const parts = learn(definition, train).model.explain!(test)
      expect(parts.every((part, cell) => cell % columns === 0 || part === 0)).toBe(true)
    })
  else
    it.each([12, -12])('finds the column in which %s is odd', (value) => {
      const usual = (rows: number, from: number) =>
        window === undefined
          ? gaussianRows(rows, columns, from)
          : slidingWindows(seasonalSeries(rows + window - 1, from), window)
      const odd = usual(columns, 4)
      // In all other columns near the middle: two standard deviations are odd too, for detectors that go by ranks.
      if (window === undefined) for (let i = 0; i < odd.data.length; i++) odd.data[i]! *= 0.3
      for (let j = 0; j < columns; j++) odd.data[j * columns + j]! += value
      const parts = learn(definition, usual(300, 1)).model.explain!(odd)
      for (let row = 0; row < columns; row++) {
        const own = parts.subarray(row * columns, (row + 1) * columns)
        expect(own.indexOf(Math.max(...own)), `what is odd in row ${row}`).toBe(row)
      }
    })
})
