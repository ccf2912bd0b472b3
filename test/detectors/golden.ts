import { readdirSync, readFileSync } from 'node:fs'
import type { Matrix } from '../../src/detectors/detector.ts'

const FOLDER = new URL('./golden/', import.meta.url)

/** A fixture made by a script of `scripts/golden`, from the folder of the test. */
export function readGolden<Content>(importer: string, name: string): Content {
  return JSON.parse(readFileSync(new URL(`./${name}.golden.json`, importer), 'utf8')) as Content
}

/** Rows that PyOD and ours are both given. */
export interface GoldenSet {
  readonly train: Matrix
  readonly test: Matrix
  /** 1 for each training row that is an outlier, where that is known. */
  readonly labels: readonly number[] | null
}

/** What the real PyOD says. */
export interface GoldenDetector {
  readonly detector: string
  readonly versions: Readonly<Record<string, string>>
  readonly deterministic?: readonly DeterministicCase[]
  readonly randomised?: readonly RandomisedCase[]
}

export interface DeterministicCase {
  readonly set: string
  readonly options: Readonly<Record<string, unknown>>
  readonly train: readonly number[]
  readonly test: readonly number[]
  readonly threshold: number
}

export interface RandomisedCase {
  readonly set: string
  readonly options: Readonly<Record<string, unknown>>
  /** Area under the ROC curve of the training scores, of ten seeds. */
  readonly auc: readonly number[]
  /** Mean rank correlation between the training scores of any two seeds. */
  readonly agreement: number
  /** Scores of three seeds. */
  readonly train: readonly (readonly number[])[]
  readonly test: readonly (readonly number[])[]
}

/** All that `scripts/golden` has made of detectors. */
export function readGoldenDetectors(): readonly GoldenDetector[] {
  return readdirSync(FOLDER)
    .filter((file) => file !== 'sets.golden.json')
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as GoldenDetector)
}

export function readGoldenSets(): ReadonlyMap<string, GoldenSet> {
  interface Stored {
    readonly name: string
    readonly columns: number
    readonly train: readonly number[]
    readonly test: readonly number[]
    readonly labels: readonly number[] | null
  }
  const { sets } = readGolden<{ readonly sets: readonly Stored[] }>(FOLDER.href, 'sets')
  return new Map(
    sets.map(({ name, columns, train, test, labels }) => {
      const matrix = (values: readonly number[]): Matrix => ({
        data: Float64Array.from(values),
        rows: values.length / columns,
        columns,
      })
      return [name, { train: matrix(train), test: matrix(test), labels }]
    }),
  )
}

/** The largest |ours - theirs| / max(|theirs|, floor); infinite when the lengths differ or a number is missing. */
export function largestError(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  floor = Number.MIN_VALUE,
): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < theirs.length; i++) {
    const error = Math.abs(ours[i]! - theirs[i]!) / Math.max(Math.abs(theirs[i]!), floor)
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return largest
}
