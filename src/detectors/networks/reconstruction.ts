import { readState, requireWidth } from '../checks.ts'
import type { Matrix, Model, ModelState } from '../detector.ts'
import type { Standard } from '../statistics/standardise.ts'
import { inBlocks } from './in-blocks.ts'
import type { Layer } from './layer.ts'
import { standardRows } from './standard-rows.ts'

// What the difference counts as that a network of large weights makes of a row far out; its square is finite.
const LARGEST = 1e150

/** A model whose score is how far, in standard deviations, a row is from what a network makes of it; the squares of the differences explain it. */
export function reconstructionModel(
  detector: string,
  { standard, state, net }: { standard: Standard; state: ModelState; net: Layer },
): Model {
  const columns = standard.mean.length
  const differences = (data: Matrix): Float64Array => {
    requireWidth(detector, data, columns)
    const rows = standardRows(data, standard)
    inBlocks(net, rows, (made, start, count) => {
      const own = rows.subarray(start * columns, (start + count) * columns)
      for (let i = 0; i < own.length; i++) {
        const difference = Math.abs(own[i]! - made[i]!)
        own[i] = Number.isNaN(difference) ? LARGEST : Math.min(difference, LARGEST)
      }
    })
    return rows
  }
  return {
    state: { ...state, mean: standard.mean, scale: standard.scale },
    score(data) {
      const cells = differences(data)
      const scores = new Float64Array(data.rows)
      for (let row = 0, cell = 0; row < data.rows; row++) {
        let sum = 0
        for (let j = 0; j < columns; j++, cell++) sum += cells[cell]! ** 2
        scores[row] = Math.sqrt(sum)
      }
      return scores
    },
    explain: (data) => differences(data).map((difference) => difference ** 2),
  }
}

/** Widths of layers out of the state of a model. */
export function readWidths(detector: string, state: ModelState, key: string): readonly number[] {
  const read = readState(detector, state)
  const widths = read.array(key, Int32Array)
  read.require(
    widths.length > 0 && widths.every((width) => width > 0 && width <= 1e6),
    `"${key}" are no widths of layers`,
  )
  return [...widths]
}
