import { bandPath, linePath, longestStep, segmentsOf } from '../../charts/line-path.ts'
import type { Scale } from '../../charts/scale.ts'

/** One column of a series with where it goes. */
export interface ColumnPath {
  readonly timestamps: Float64Array
  readonly numbers: Float64Array
  readonly x: Scale
  readonly y: Scale
}

/** A line through the points that have a number, broken where the data has a hole. */
export function columnPath({ timestamps, numbers, x, y }: ColumnPath): string {
  const present = indicesOf(numbers)
  const input = { timestamps: pick(timestamps, present), numbers: pick(numbers, present), x, y }
  return segmentsOf(input.timestamps, input.numbers, longestStep(input.timestamps))
    .map((segment) => linePath(segment, input) + (segment.end - segment.start === 1 ? 'h0.01' : ''))
    .join('')
}

/** The area between a column and the bottom line. */
export function columnArea({ timestamps, numbers, x, y }: ColumnPath, bottom: number): string {
  const present = indicesOf(numbers)
  const input = { timestamps: pick(timestamps, present), numbers: pick(numbers, present), x, y }
  return segmentsOf(input.timestamps, input.numbers, longestStep(input.timestamps))
    .filter((segment) => segment.end - segment.start > 1)
    .map(
      (segment) =>
        `${linePath(segment, input)}L${x(input.timestamps[segment.end - 1]!).toFixed(1)} ${bottom}L${x(input.timestamps[segment.start]!).toFixed(1)} ${bottom}Z`,
    )
    .join('')
}

/** The area between two columns where both have a number. */
export function rangePath(
  { timestamps, x, y }: Omit<ColumnPath, 'numbers'>,
  { lower, upper }: { readonly lower: Float64Array; readonly upper: Float64Array },
): string {
  const present = indicesOf(lower.map((low, index) => low + upper[index]!))
  const input = {
    timestamps: pick(timestamps, present),
    lower: pick(lower, present),
    upper: pick(upper, present),
    x,
    y,
  }
  return segmentsOf(input.timestamps, input.lower, longestStep(input.timestamps))
    .filter((segment) => segment.end - segment.start > 1)
    .map((segment) => bandPath(segment, input))
    .join('')
}

function indicesOf(numbers: Float64Array): number[] {
  const present: number[] = []
  numbers.forEach((number, index) => {
    if (Number.isFinite(number)) present.push(index)
  })
  return present
}

const pick = (column: Float64Array, indices: readonly number[]): Float64Array =>
  Float64Array.from(indices, (index) => column[index]!)
