import type { Parameter } from './layer.ts'

export const OPTIMISERS = ['adam', 'sgd'] as const

export interface OptimiserOptions {
  readonly kind: (typeof OPTIMISERS)[number]
  /** Length of a step. */
  readonly rate: number
  /** Pull of every parameter towards 0. */
  readonly decay: number
}

const FIRST = 0.9
const SECOND = 0.999
const EPSILON = 1e-8

/** A step of all parameters down their gradients: Adam (Kingma, Ba 2015), or plain gradient descent. */
export function createOptimiser(
  parameters: readonly Parameter[],
  { kind, rate, decay }: OptimiserOptions,
): () => void {
  if (kind === 'sgd')
    return () => {
      for (const { values, gradient } of parameters)
        for (let i = 0; i < values.length; i++) values[i]! -= rate * (gradient[i]! + decay * values[i]!)
    }
  const means = parameters.map(({ values }) => new Float64Array(values.length))
  const squares = parameters.map(({ values }) => new Float64Array(values.length))
  let steps = 0
  return () => {
    steps++
    const long = rate / (1 - FIRST ** steps)
    const correction = 1 / Math.sqrt(1 - SECOND ** steps)
    parameters.forEach(({ values, gradient }, index) => {
      const [mean, square] = [means[index]!, squares[index]!]
      for (let i = 0; i < values.length; i++) {
        const slope = gradient[i]! + decay * values[i]!
        const first = FIRST * mean[i]! + (1 - FIRST) * slope
        const second = SECOND * square[i]! + (1 - SECOND) * slope * slope
        mean[i] = first
        square[i] = second
        values[i]! -= (long * first) / (Math.sqrt(second) * correction + EPSILON)
      }
    })
  }
}
