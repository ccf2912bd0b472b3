/** A value of a cell: numbers are doubles, lists of numbers have buffers of their own. */
type Cell = string | number | null | Float64Array | readonly string[]

/** What rows of the program's own statements come in; for series by the row, as points are in lists. */
export const CELL_FORMAT = 'RowBinaryWithNamesAndTypes'

interface Reader {
  readonly body: Buffer
  at: number
}

type Read<T> = (reader: Reader) => T

const size: Read<number> = (reader) => {
  let value = 0
  for (let factor = 1; ; factor *= 128) {
    const byte = reader.body[reader.at]!
    reader.at += 1
    value += (byte & 127) * factor
    if (byte < 128) return value
  }
}

const text: Read<string> = (reader) => {
  const length = size(reader)
  reader.at += length
  return reader.body.toString('utf8', reader.at - length, reader.at)
}

const double: Read<number> = (reader) => {
  reader.at += 8
  return reader.body.readDoubleLE(reader.at - 8)
}

const integer: Read<number> = (reader) => {
  reader.at += 8
  return Number(reader.body.readBigInt64LE(reader.at - 8))
}

const doubles: Read<Float64Array> = (reader) => {
  const bytes = new Uint8Array(size(reader) * 8)
  bytes.set(reader.body.subarray(reader.at, reader.at + bytes.length))
  reader.at += bytes.length
  return new Float64Array(bytes.buffer)
}

const texts: Read<readonly string[]> = (reader) => Array.from({ length: size(reader) }, () => text(reader))

function readerOf(type: string): Read<Cell> {
  const [, wrapper, inner] = /^(Nullable|LowCardinality)\((.*)\)$/.exec(type) ?? []
  if (wrapper === 'LowCardinality') return readerOf(inner!)
  if (wrapper === 'Nullable') {
    const read = readerOf(inner!)
    return (reader) => {
      reader.at += 1
      return reader.body[reader.at - 1] === 1 ? null : read(reader)
    }
  }
  switch (type) {
    case 'String':
      return text
    case 'Float64':
      return double
    case 'UInt64':
    case 'Int64':
      return integer
    case 'Array(Float64)':
      return doubles
    case 'Array(String)':
    case 'Array(LowCardinality(String))':
      return texts
    default:
      throw new TypeError(`ClickHouse answered with a column of ${type}`)
  }
}

/** Rows of an answer in `CELL_FORMAT`, their cells in the order of its columns. */
export function* cellRows(body: Buffer): Generator<readonly Cell[]> {
  if (body.length === 0) return
  const reader: Reader = { body, at: 0 }
  const width = size(reader)
  for (let i = 0; i < width; i++) text(reader)
  const readers = Array.from({ length: width }, () => readerOf(text(reader)))
  while (reader.at < body.length) yield readers.map((read) => read(reader))
}
