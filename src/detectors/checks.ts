import { AnomstackError } from '../core/errors.ts'
import type { Matrix, ModelState, TypedArray } from './detector.ts'

/**
 * Throws `TRAINING_IMPOSSIBLE` unless the matrix is well-formed, has `minRows` rows, a column, and only
 * finite values.
 */
export function requireTrainable(detector: string, data: Matrix, minRows: number, advice = ''): void {
  const refuse = (problem: string): never => {
    throw new AnomstackError('TRAINING_IMPOSSIBLE', `${detector} ${problem}`)
  }
  if (data.columns < 1 || data.data.length !== data.rows * data.columns)
    refuse(`was given ${data.data.length} values as ${data.rows} rows of ${data.columns} columns`)
  if (data.rows < minRows)
    refuse(`needs at least ${minRows} rows to train on and got ${data.rows}: wait for more points${advice}`)
  const values = data.data
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      refuse(`was given a value that is not finite, in row ${Math.floor(i / data.columns) + 1}`)
}

/** Throws `MODEL_INVALID` unless the rows have the width that the model was trained on. */
export function requireWidth(detector: string, data: Matrix, columns: number): void {
  if (data.columns !== columns)
    throw new AnomstackError(
      'MODEL_INVALID',
      `this ${detector} model judges rows of ${columns} columns and was given ${data.columns}: train it again`,
    )
}

/**
 * Typed access to the state of a model; every method throws `MODEL_INVALID` when the value is absent or of
 * another kind.
 */
export interface StateReader {
  number(key: string): number
  text<Choice extends string>(key: string, choices: readonly Choice[]): Choice
  array<Kind extends TypedArray>(key: string, kind: new (length: number) => Kind): Kind
  matrix(key: string): Matrix
  /** Throws unless the condition holds. */
  require(condition: boolean, problem: string): void
}

/** Reads the state of a model of `detector`. */
export function readState(detector: string, state: ModelState): StateReader {
  const refuse = (problem: string): never => {
    throw new AnomstackError('MODEL_INVALID', `this is not the state of a ${detector} model: ${problem}`)
  }
  const own = (key: string): unknown => (Object.hasOwn(state, key) ? state[key] : undefined)
  return {
    number(key) {
      const value = own(key)
      return typeof value === 'number' && Number.isFinite(value) ? value : refuse(`"${key}" is not a number`)
    },
    text(key, choices) {
      const value = own(key)
      return choices.find((choice) => choice === value) ?? refuse(`"${key}" is none of ${choices.join(', ')}`)
    },
    array(key, kind) {
      const value = own(key)
      return value instanceof kind ? value : refuse(`"${key}" is not a ${kind.name}`)
    },
    matrix(key) {
      const value = own(key)
      return isMatrix(value) ? value : refuse(`"${key}" is not a matrix`)
    },
    require(condition, problem) {
      if (!condition) refuse(problem)
    },
  }
}

function isMatrix(value: unknown): value is Matrix {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false
  const { data, rows, columns } = value as { data: unknown; rows?: unknown; columns?: unknown }
  return (
    data instanceof Float64Array &&
    Number.isInteger(rows) &&
    Number.isInteger(columns) &&
    data.length === (rows as number) * (columns as number)
  )
}
