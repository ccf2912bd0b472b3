import { compareWithPyod } from './compare-with-pyod.ts'
import type { Benchmark } from './measurement.ts'

/** Every detector, on as many rows as a metric has points. */
export const benchmark: Benchmark = () =>
  compareWithPyod([
    {
      rows: 2_000,
      columns: 6,
      // Programs that fit the models of many metrics are warm.
      runs: 25,
      seconds: 300,
      takes: () => true,
      most: (name) => (name === 'IForest' ? 0.07 : 0.7),
    },
  ])
