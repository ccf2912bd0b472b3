import type { Json } from '../core/json.ts'
import type { Matrix, ModelState, TypedArray } from '../detectors/detector.ts'
import { compressLags, expandLags } from './lag-matrix.ts'

const ARRAYS = {
  Float64Array,
  Float32Array,
  Int32Array,
  Uint32Array,
  Uint16Array,
  Int16Array,
  Uint8Array,
  Int8Array,
} as const
type ArrayName = keyof typeof ARRAYS

/** What JSON has no word for, by the text it is kept as. */
const UNSPEAKABLE = new Map<string, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

/** Takes a part of the body; returns where in the body it will stand. */
export type WritePart = (bytes: Uint8Array) => number

const bytesOf = (array: TypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

function describeArray(array: TypedArray, write: WritePart): Json {
  const name = Object.entries(ARRAYS).find(([, type]) => array instanceof type)![0]
  return [name, write(bytesOf(array)), array.length]
}

function readArray(description: Json | undefined, body: Uint8Array): TypedArray {
  const [name, part, length] = description as [ArrayName, number, number]
  const type = Object.hasOwn(ARRAYS, name) ? ARRAYS[name] : undefined
  const bytes = type === undefined ? 0 : length * type.BYTES_PER_ELEMENT
  if (type === undefined || !(part >= 0 && bytes >= 0 && part + bytes <= body.length))
    throw new RangeError('not an array')
  // Copied: the body may stand at any address, and need not be kept alive by the model.
  return new type(new Uint8Array(body.subarray(part, part + bytes)).buffer)
}

function describeMatrix(matrix: Matrix, write: WritePart): Json {
  const { data, rows, columns } = matrix
  const lags = compressLags(matrix)
  return lags
    ? ['lags', rows, columns, describeArray(lags.starts, write), describeArray(lags.values, write)]
    : ['matrix', rows, columns, describeArray(data, write)]
}

function readMatrix([kind, rows, columns, first, second]: readonly Json[], body: Uint8Array): Matrix {
  if (typeof rows !== 'number' || typeof columns !== 'number') throw new RangeError('not a matrix')
  const head = readArray(first, body)
  if (kind === 'lags') {
    const values = readArray(second, body)
    if (!(head instanceof Uint32Array && values instanceof Float64Array))
      throw new RangeError('not runs of values')
    return expandLags({ starts: head, values }, rows, columns)
  }
  if (!(head instanceof Float64Array) || head.length !== rows * columns) throw new RangeError('not a matrix')
  return { data: head, rows, columns }
}

/** The state of a detector's model as JSON, its arrays being written elsewhere. */
export function describeState(state: ModelState, write: WritePart): Json {
  return Object.entries(state).map(([key, value]): Json => {
    if (typeof value === 'string' || typeof value === 'boolean') return [key, 'plain', value]
    if (typeof value === 'number') {
      const word = [...UNSPEAKABLE].find(([, number]) => Object.is(number, value))?.[0]
      return word === undefined ? [key, 'plain', value] : [key, 'number', word]
    }
    return 'rows' in value
      ? [key, 'matrix', describeMatrix(value, write)]
      : [key, 'array', describeArray(value, write)]
  })
}

/** The reverse, bit for bit. Throws when the description does not fit the body. */
export function readState(description: Json, body: Uint8Array): ModelState {
  const entries = description as readonly (readonly [string, string, Json])[]
  return Object.fromEntries(
    entries.map(([key, kind, value]) => {
      if (kind === 'matrix') return [key, readMatrix(value as readonly Json[], body)]
      if (kind === 'array') return [key, readArray(value, body)]
      if (kind === 'number') return [key, UNSPEAKABLE.get(value as string) ?? Number.NaN]
      return [key, value as string | number | boolean]
    }),
  )
}
