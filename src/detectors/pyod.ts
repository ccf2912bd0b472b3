import { createHash } from 'node:crypto'
import { z } from 'zod'
import { AnomstackError } from '../core/errors.ts'
import { readState, requireTrainable, requireWidth } from './checks.ts'
import {
  type DetectorDefinition,
  type DetectorPython,
  defineDetector,
  type Matrix,
  type Model,
  type ModelState,
} from './detector.ts'

const answer = z.object({
  failed: z.string().optional(),
  unknown: z.boolean().optional(),
  versions: z.string().optional(),
  threshold: z.number().nullish(),
})

/** What the numbers of a fitted detector depend on: with it, fitting again gives the same. */
interface Recipe {
  /** JSON, as the batch has them. */
  readonly params: string
  readonly seed: number
  readonly train: Matrix
}

/**
 * A class of PyOD by its full path, in the user's own Python. Nothing that Python pickles is kept: the state is the training rows, the
 * parameters, a seed and the versions of the libraries, and what scores is fitted again from them, or is still there in the process. Rows are
 * scored one by one, since some classes compare the rows of one call with each other.
 */
export function pyodDetector(path: string): DetectorDefinition {
  return defineDetector({
    name: path,
    summary: `The class ${path} of PyOD, in your own Python.`,
    source: 'https://pyod.readthedocs.io',
    family: 'tabular',
    complexity: { fit: 'that of the class', score: 'that of the class' },
    options: z.looseObject({}),
    example: {},
    fit(data, options, { random, python }) {
      requireTrainable(path, data, 2)
      const recipe: Recipe = { params: JSON.stringify(options), seed: random.int(2 ** 31), train: data }
      const { header, values } = ask(path, python, { op: 'fit', recipe })
      if (header.failed !== undefined) throw new AnomstackError('TRAINING_IMPOSSIBLE', header.failed)
      if (values.length !== data.rows || !values.every(Number.isFinite))
        throw new AnomstackError(
          'TRAINING_IMPOSSIBLE',
          `${path} gave training scores that are not finite numbers, one for each row`,
        )
      const versions = header.versions ?? ''
      return {
        model: createModel(
          path,
          { ...recipe, train: { ...data, data: data.data.slice() }, versions },
          python,
        ),
        trainScores: values,
        ...(typeof header.threshold === 'number' ? { threshold: header.threshold } : {}),
      }
    },
    restore(state, { python } = {}) {
      const read = readState(path, state)
      const { params, versions } = state
      if (typeof params !== 'string' || !isJson(params) || typeof versions !== 'string')
        throw new AnomstackError(
          'MODEL_INVALID',
          `this is not the state of a ${path} model: "params" or "versions" is not such a text`,
        )
      const train = read.matrix('train')
      read.require(train.rows > 0 && train.columns > 0, 'it has no training rows')
      const recipe = { params, seed: read.number('seed'), train, versions }
      return createModel(path, recipe, python)
    },
  })
}

function createModel(
  path: string,
  recipe: Recipe & { readonly versions: string },
  python: DetectorPython | undefined,
): Model {
  const { params, seed, train, versions } = recipe
  const state: ModelState = { params, seed, versions, train }
  return {
    state,
    score(data) {
      requireWidth(path, data, train.columns)
      if (data.rows === 0) return new Float64Array()
      const request = { op: 'score', recipe, rows: data, versions } as const
      let { header, values } = ask(path, python, { ...request, fitted: true })
      if (header.unknown) ({ header, values } = ask(path, python, request))
      if (header.versions !== undefined)
        throw new AnomstackError(
          'MODEL_INVALID',
          `this model of ${path} was fitted with ${versions}, and Python has ${header.versions} now: train it again`,
        )
      if (header.failed !== undefined) throw new AnomstackError('FUNCTION_FAILED', header.failed)
      if (values.length !== data.rows || values.some(Number.isNaN))
        throw new AnomstackError('FUNCTION_FAILED', `${path} gave a row a score that is not a number`)
      return values.map((score) => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, score)))
    },
  }
}

interface Question {
  readonly op: 'fit' | 'score'
  readonly recipe: Recipe
  readonly rows?: Matrix
  readonly versions?: string
  /** The process may still have it, and is not sent the training rows. */
  readonly fitted?: boolean
}

function ask(
  path: string,
  python: DetectorPython | undefined,
  { op, recipe, rows, versions, fitted = false }: Question,
): { readonly header: z.output<typeof answer>; readonly values: Float64Array } {
  if (python === undefined)
    throw new AnomstackError('FUNCTION_FAILED', `${path} runs in Python, and none was given to run it`)
  const { params, seed, train } = recipe
  const request = {
    op,
    path,
    params: JSON.parse(params) as unknown,
    seed,
    key: keyOf(path, recipe),
    columns: train.columns,
    trainRows: fitted ? 0 : train.rows,
    ...(versions === undefined ? {} : { versions }),
  }
  const arrays = [...(fitted ? [] : [train.data]), ...(rows === undefined ? [] : [rows.data])]
  const { header, values } = python.ask(request, arrays)
  return { header: answer.parse(header), values }
}

function keyOf(path: string, { params, seed, train }: Recipe): string {
  return createHash('sha256')
    .update(JSON.stringify([path, params, seed, train.rows]))
    .update(new Uint8Array(train.data.buffer, train.data.byteOffset, train.data.byteLength))
    .digest('hex')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
