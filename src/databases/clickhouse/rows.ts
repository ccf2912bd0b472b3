import type { SeriesRows } from '../tables/keyed-rows.ts'

const ROWS_PER_BLOCK = 65_536
const LOW = 2 ** 32

/** Rows of one series. */
interface Piece extends SeriesRows {
  readonly from: number
  readonly to: number
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from(varint(bytes.length)), bytes])
}

/** Blocks in the format `Native`, for the columns of a metrics table in their order. */
export function* rowBlocks(series: readonly SeriesRows[]): Generator<Buffer> {
  let pieces: Piece[] = []
  let room = ROWS_PER_BLOCK
  for (const each of series)
    for (let from = 0; from < each.timestamps.length; ) {
      const to = Math.min(each.timestamps.length, from + room)
      pieces.push({ ...each, from, to })
      room -= to - from
      from = to
      if (room > 0) continue
      yield block(pieces)
      pieces = []
      room = ROWS_PER_BLOCK
    }
  if (pieces.length > 0) yield block(pieces)
}

function block(pieces: readonly Piece[]): Buffer {
  const count = pieces.reduce((sum, { from, to }) => sum + to - from, 0)
  const column = (name: string, type: string, parts: readonly Uint8Array[]): Uint8Array[] => [
    text(name),
    text(type),
    ...parts,
  ]
  const repeated = (field: 'batch' | 'name' | 'type'): Uint8Array[] =>
    pieces.map((piece) => {
      const pattern = text(piece[field])
      return Buffer.alloc(pattern.length * (piece.to - piece.from), pattern)
    })
  return Buffer.concat([
    Buffer.from([...varint(6), ...varint(count)]),
    ...column('metric_timestamp', "DateTime64(3, 'UTC')", pieces.map(timestamps)),
    ...column('metric_batch', 'String', repeated('batch')),
    ...column('metric_name', 'String', repeated('name')),
    ...column('metric_type', 'String', repeated('type')),
    ...column(
      'metric_value',
      'Float64',
      pieces.map(
        ({ values, from, to }) =>
          new Uint8Array(values.buffer, values.byteOffset + from * 8, (to - from) * 8),
      ),
    ),
    ...column('metadata', 'String', pieces.flatMap(metadataOf)),
  ])
}

/** Whole milliseconds as 64-bit integers. */
function timestamps({ timestamps: all, from, to }: Piece): Uint8Array {
  const halves = new Uint32Array((to - from) * 2)
  for (let i = from; i < to; i++) {
    const high = Math.floor(all[i]! / LOW)
    halves[(i - from) * 2] = all[i]! - high * LOW
    halves[(i - from) * 2 + 1] = high
  }
  return new Uint8Array(halves.buffer)
}

function metadataOf({ metadata, from, to }: Piece): Uint8Array[] {
  return metadata === undefined ? [new Uint8Array(to - from)] : metadata.slice(from, to).map(text)
}
