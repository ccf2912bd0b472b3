import type { Judged } from './judge.ts'

/** Share of all levels that the lowest threshold of a grid lets through. */
const MOST = 0.5

/** At most so many thresholds, descending, that let ever more of the levels through: from the highest level of all on, by even factors. */
export function thresholdGrid(judged: readonly Pick<Judged, 'levels'>[], size: number): readonly number[] {
  const levels = Float64Array.from(
    judged.flatMap((each) => Array.from(each.levels).filter((level) => !Number.isNaN(level))),
  ).sort((a, b) => b - a)
  if (levels.length === 0) return []
  const strictly = levels.findIndex((level) => level < levels[0]!)
  const fewest = strictly === -1 ? levels.length : strictly
  const growth = Math.max(1, (levels.length * MOST) / fewest) ** (1 / Math.max(1, size - 1))
  const grid = Array.from({ length: size }, (_, k) => levels[Math.floor(fewest * growth ** k) - 1]!)
  return [...new Set(grid)]
}
