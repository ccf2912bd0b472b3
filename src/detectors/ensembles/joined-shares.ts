import type { Member } from './members.ts'

/** Whether all can tell what drove their scores. */
export function canExplain(members: readonly Pick<Member, 'model'>[]): boolean {
  return members.every(({ model }) => model.explain !== undefined)
}

/** Makes the parts of each row, in place, shares with the sum 1: scores of different detectors have no common unit. Zeros stay zeros. */
export function toShares(parts: Float64Array, columns: number): Float64Array {
  for (let from = 0; from < parts.length; from += columns) {
    const own = parts.subarray(from, from + columns)
    const largest = own.reduce((most, part) => Math.max(most, part), 0)
    if (largest === 0) continue
    const sum = own.reduce((total, part) => total + part / largest, 0)
    for (let j = 0; j < columns; j++) own[j] = own[j]! / largest / sum
  }
  return parts
}
