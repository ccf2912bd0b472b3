import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/core/random.ts'
import { findDetector } from '../../src/detectors/index.ts'
import { thresholdOf } from '../../src/detectors/probability.ts'
import { largestError, readGolden } from './golden.ts'

interface Golden {
  readonly versions: Record<string, string>
  readonly sets: readonly {
    readonly name: string
    readonly columns: number
    readonly train: readonly number[]
    readonly test: readonly number[]
    readonly cases: readonly {
      readonly detector: string
      readonly options: Record<string, unknown>
      readonly train: readonly number[]
      readonly test: readonly number[]
      readonly threshold: number
    }[]
  }[]
}

const golden = readGolden<Golden>(import.meta.url, 'deterministic')

it('the golden vectors say what made them', () => {
  expect(golden.versions).toMatchObject({ pyod: '3.6.7', 'scikit-learn': '1.9.1', numpy: '2.4.6' })
})

describe.each(golden.sets)('PyOD on $name', ({ columns, train, test, cases }) => {
  const matrix = (values: readonly number[]) => ({
    data: Float64Array.from(values),
    rows: values.length / columns,
    columns,
  })

  it.each(cases)('$detector $options', (theirs) => {
    const definition = findDetector(theirs.detector)!
    const options = definition.options.parse(theirs.options)
    const { model, trainScores, threshold } = definition.fit(matrix(train), options, {
      random: createRandom(1),
    })
    const scores = model.score(matrix(test))
    // Eigenvectors carry the rounding of the matrix; for many columns scikit-learn sums distances in another order.
    const tolerance = theirs.detector === 'PCA' ? 1e-9 : columns > 15 ? 1e-12 : 1e-14
    expect(largestError(trainScores, theirs.train)).toBeLessThan(tolerance)
    expect(largestError(scores, theirs.test)).toBeLessThan(tolerance)
    const ours = threshold ?? thresholdOf(trainScores, options.contamination as number)
    expect(largestError([ours], [theirs.threshold])).toBeLessThan(tolerance)
  })
})
