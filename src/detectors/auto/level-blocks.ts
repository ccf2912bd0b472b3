import { type Past, REACH, SCALES } from './past.ts'

/** Positions of a block: levels that follow each other are alike. */
export const BLOCK = 48
/** Blocks that hold all positions in reach, and the newest ones. */
const KEPT = Math.ceil(REACH / BLOCK) + 2
/** The scales by which blocks are told apart: means of 128, 32, 8 and 2 values. */
const COMPARED = [SCALES - 1, 5, 3, 1] as const
const SIZE = 2 * COMPARED.length

/** The least and the greatest levels of each block of positions, so that those in which nothing is near are left out at a glance. */
export interface LevelBlocks {
  /** Takes the positions that have been added to the past. */
  update(): void
  /** Whether levels in the block of a position may be nearer than so much, squared. */
  mayHold(position: number, means: Float32Array, limit: number): boolean
}

export function createLevelBlocks(past: Past): LevelBlocks {
  /** Of each block and scale the least level, and the greatest. */
  const bounds = new Float32Array(KEPT * SIZE)
  /** The first position that is not in the blocks yet. */
  let next = Math.max(0, Math.floor((past.length - REACH) / BLOCK) * BLOCK)

  const startOf = (position: number) => (((position / BLOCK) | 0) % KEPT) * SIZE

  return {
    update() {
      for (; next < past.length; next++) {
        const index = past.indexOf(next)
        const start = startOf(next)
        for (let i = 0; i < COMPARED.length; i++) {
          const level = past.means[COMPARED[i]!]![index]!
          const at = start + 2 * i
          if (next % BLOCK === 0) bounds[at] = bounds[at + 1] = level
          else if (level < bounds[at]!) bounds[at] = level
          else if (level > bounds[at + 1]!) bounds[at + 1] = level
        }
      }
    },
    mayHold(position, means, limit) {
      let distance = 0
      for (let i = 0, at = startOf(position); i < COMPARED.length; i++, at += 2) {
        const level = means[COMPARED[i]!]!
        const below = bounds[at]! - level
        const above = level - bounds[at + 1]!
        const beyond = Math.max(below, above, 0)
        distance += beyond * beyond
        if (distance >= limit) return false
      }
      return true
    },
  }
}
