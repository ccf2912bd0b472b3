import { AnomstackError } from '../../core/errors.ts'

/** A type of a parameter and a value of it, as the API takes them. */
interface Parameter {
  readonly parameterType: Readonly<Record<string, unknown>>
  readonly parameterValue: Readonly<Record<string, unknown>>
}

/** A value that brings its type along. */
export interface TypedValue extends Parameter {
  readonly typed: true
}

/** Bound values, named `p1`, `p2`, … in their order. Whole numbers are INT64, other numbers FLOAT64, lists are of texts. */
export function queryParameters(values: readonly unknown[]): readonly unknown[] {
  return values.map((value, index) => ({ name: `p${index + 1}`, ...parameterOf(value) }))
}

function parameterOf(value: unknown): Parameter {
  if (typeof value === 'string') return scalar('STRING', value)
  if (typeof value === 'number')
    return scalar(Number.isSafeInteger(value) ? 'INT64' : 'FLOAT64', String(value))
  if (Array.isArray(value))
    return {
      parameterType: { type: 'ARRAY', arrayType: { type: 'STRING' } },
      parameterValue: { arrayValues: value.map((text: unknown) => ({ value: String(text) })) },
    }
  if (isTyped(value)) return { parameterType: value.parameterType, parameterValue: value.parameterValue }
  throw new AnomstackError('INPUT_INVALID', `a value of type ${typeof value} cannot be bound`)
}

function isTyped(value: unknown): value is TypedValue {
  return typeof value === 'object' && value !== null && 'typed' in value
}

function scalar(type: string, value: string): Parameter {
  return { parameterType: { type }, parameterValue: { value } }
}
