import { densityScores } from '../kernels/kernel-density.ts'
import { referenceDeviations } from '../neighbours/reference-deviations.ts'
import { neighbourSearch } from '../neighbours/search.ts'
import { pathSums } from '../trees/path-sums.ts'
import type { Arrays, PartTask } from './parallel.ts'

/** All tasks that other threads can do. */
export const PART_TASKS: readonly PartTask<object, Arrays>[] = [
  neighbourSearch,
  referenceDeviations,
  densityScores,
  pathSums,
]
