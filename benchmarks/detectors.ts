import { compareWithPyod } from './compare-with-pyod.ts'
import type { Benchmark } from './measurement.ts'

/** Every detector, on as many rows as a metric has points. */
export const benchmark: Benchmark = () =>
  compareWithPyod([
    {
      rows: 2_000,
      columns: 6,
      runs: 5,
      seconds: 300,
      takes: () => true,
      most: (name) => (name === 'IForest' ? 0.07 : 0.7),
    },
  ])
