import type { Matrix } from '../detector.ts'
import { depthFor, type Forest } from './isolation-trees.ts'

/**
 * What the columns of rows had in their isolation: Local-DIFFI (Carletti, Terzi, Susto: Interpretable anomaly detection with DIFFI, 2023). Each split on
 * the way of a row counts 1 / depth of its leaf - 1 / depth of a whole tree, and a column the mean of its splits in all trees.
 */
export function localDiffi(
  { roots, column, value, right, samples }: Forest,
  { data, rows, columns }: Matrix,
): Float64Array {
  const importance = new Float64Array(rows * columns)
  const splits = new Int32Array(columns)
  const before = new Int32Array(columns)
  const deepest = depthFor(samples)
  for (let row = 0, cell = 0; row < rows; row++, cell += columns) {
    const own = importance.subarray(cell, cell + columns)
    splits.fill(0)
    for (const root of roots) {
      before.set(splits)
      let node = root
      let depth = 0
      for (let split = column[node]!; split >= 0; split = column[node]!, depth++) {
        splits[split]!++
        node = data[cell + split]! <= value[node]! ? node + 1 : right[node]!
      }
      const earliness = depth === 0 ? 0 : 1 / depth - 1 / deepest
      for (let j = 0; j < columns; j++) own[j]! += (splits[j]! - before[j]!) * earliness
    }
    for (let j = 0; j < columns; j++) if (splits[j]! > 0) own[j]! /= splits[j]!
  }
  return importance
}
