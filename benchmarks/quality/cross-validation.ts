import type { Evaluation } from './evaluate.ts'
import { addNabCounts, NAB_PROFILES, type NabCounts, type NabProfileName, nabScore } from './nab.ts'
import { meanOf, spreadOf } from './statistics.ts'
import { bestOf, byProfile } from './summary.ts'

/** Scores of the folds, each judged by itself, and of all of them together. */
export interface FoldScores {
  readonly folds: readonly number[]
  readonly mean: number
  /** Sample standard deviation. */
  readonly spread: number
  /** Of all folds' counts added up. */
  readonly together: number
}

export interface CrossValidation {
  /** With the fixed threshold: nothing is fitted, so it tells how far chance in the choice of files moves the score. */
  readonly fixed: FoldScores
  /** With the threshold that is best on the other folds. */
  readonly tuned: FoldScores
}

/** The fold of each series. Neighbours by name are alike, so they are dealt out in turn. */
export function foldsOf(names: readonly string[], folds: number): readonly number[] {
  const rank = new Map(names.toSorted().map((name, i) => [name, i]))
  return names.map((name) => rank.get(name)! % folds)
}

/** Cross-validation by file: no series is judged with a threshold that was chosen on itself. */
export function crossValidate(
  { outcomes, sweep }: Evaluation,
  folds: number,
): Readonly<Record<NabProfileName, CrossValidation>> {
  const foldOf = foldsOf(
    outcomes.map(({ labelled }) => labelled.name),
    folds,
  )
  return byProfile((profile) => {
    const scores = (countsOf: (fold: number) => readonly NabCounts[]): FoldScores => {
      const each = Array.from({ length: folds }, (_, fold) =>
        addNabCounts(countsOf(fold).filter((_, i) => foldOf[i] === fold)),
      )
      const scored = each.map((counts) => nabScore(counts, NAB_PROFILES[profile]))
      return {
        folds: scored,
        mean: meanOf(scored),
        spread: spreadOf(scored),
        together: nabScore(addNabCounts(each), NAB_PROFILES[profile]),
      }
    }
    const fixed = outcomes.map(({ nab }) => nab)
    return {
      fixed: scores(() => fixed),
      tuned: scores((fold) => {
        const { bestThreshold } = bestOf(sweep, profile, (series) => foldOf[series] !== fold)
        return sweep.find(({ threshold }) => threshold === bestThreshold)!.counts
      }),
    }
  })
}
