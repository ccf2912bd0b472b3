/**
 * The explanation of scores that are of the first column alone, such as the newest value of a window, whose others only tell what is expected of it.
 * A negative score, of a row less strange than usual, is no column's.
 */
export function ofFirstColumn(scores: Float64Array, columns: number): Float64Array {
  const parts = new Float64Array(scores.length * columns)
  for (let row = 0; row < scores.length; row++) parts[row * columns] = Math.max(0, scores[row]!)
  return parts
}
