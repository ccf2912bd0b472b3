import type { Random } from '../../../src/core/random.ts'
import { normal } from '../../../src/detectors/statistics/draw.ts'

/** Uniform between two numbers. */
export const between = (random: Random, from: number, to: number): number =>
  from + (to - from) * random.next()

/** A factor that is 1 in the middle, with this standard deviation of its logarithm. */
export const logNormal = (random: Random, sigma: number): number => Math.exp(sigma * normal(random))

/** Student's t with a whole number of degrees of freedom. */
export function studentT(random: Random, degrees: number): number {
  let squares = 0
  for (let i = 0; i < degrees; i++) squares += normal(random) ** 2
  return normal(random) / Math.sqrt(squares / degrees)
}

/** At least 1, with a tail that falls as x to the power of -shape. */
export const pareto = (random: Random, shape: number): number => (1 - random.next()) ** (-1 / shape)

/** Events of a Poisson process in a period that has `mean` of them: the waits between them are exponential. */
export function poisson(random: Random, mean: number): number {
  const wait = () => -Math.log(1 - random.next())
  let events = 0
  for (let time = wait(); time <= mean; time += wait()) events++
  return events
}

/** Successes of so many trials. */
export function binomial(random: Random, trials: number, chance: number): number {
  let successes = 0
  for (let i = 0; i < trials; i++) if (random.next() < chance) successes++
  return successes
}
