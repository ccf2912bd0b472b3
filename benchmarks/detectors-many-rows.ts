import { compareWithPyod } from './compare-with-pyod.ts'
import type { Benchmark } from './measurement.ts'

/** Most others need the square of the number of rows in PyOD. */
const MOST: Readonly<Record<string, number>> = {
  IForest: 0.15,
  KNN: 0.35,
  LOF: 0.35,
  ECOD: 0.8,
  COPOD: 0.8,
  HBOS: 0.8,
  PCA: 0.8,
}

/** Those detectors that are of use on very many rows. */
export const benchmark: Benchmark = () =>
  compareWithPyod([
    {
      rows: 100_000,
      columns: 10,
      runs: 5,
      seconds: 400,
      takes: (name) => Object.hasOwn(MOST, name),
      most: (name) => MOST[name]!,
    },
    { rows: 10_000, columns: 6, runs: 5, seconds: 300, takes: (name) => name === 'OCSVM', most: () => 1 },
  ])
