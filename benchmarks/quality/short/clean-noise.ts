import { createRandom, hashText, type Random } from '../../../src/core/random.ts'
import { normal } from '../../../src/detectors/statistics/draw.ts'
import { roundTo } from '../../../src/timeseries/round.ts'
import type { LabelledSeries } from '../labelled-series.ts'
import { logNormal, poisson, studentT } from './draws.ts'
import type { Judged } from './judge-short.ts'
import { STEP_MS } from './profile.ts'

/** Points of a series that has only begun. */
const POINTS = 50
const START = Date.UTC(2025, 0, 6)
const LEVEL = 100
const SPREAD = 10

/** Noise without trend or season, of independent values. */
export const NOISES: readonly { readonly name: string; draw(random: Random): number }[] = [
  { name: 'Gaussian', draw: (random) => LEVEL + SPREAD * normal(random) },
  { name: 'Student t, 5 degrees', draw: (random) => LEVEL + SPREAD * studentT(random, 5) },
  { name: 'Poisson, mean 10', draw: (random) => poisson(random, 10) },
  { name: 'uniform', draw: (random) => LEVEL * random.next() },
  { name: 'log-normal, sigma 0.5', draw: (random) => LEVEL * logNormal(random, 0.5) },
]

/** What was said of the beginnings of clean series. */
export interface NoiseVerdict {
  readonly noise: string
  readonly trials: number
  /** Trials without an alert. */
  readonly quiet: number
  readonly alerts: number
}

/** Daily series of one noise. */
export function noiseSeries({ name, draw }: (typeof NOISES)[number], trial: number): LabelledSeries {
  const random = createRandom(hashText(`${name}/${trial}`))
  return {
    name: `${name}, ${trial}`,
    group: name,
    series: {
      timestamps: Float64Array.from({ length: POINTS }, (_, i) => START + i * STEP_MS.daily),
      values: Float64Array.from({ length: POINTS }, () => roundTo(draw(random), 4)),
    },
    windows: [],
  }
}

/** Judges the first points of so many clean series of each noise. */
export function judgeNoise(
  trials: number,
  judge: (labelled: LabelledSeries) => Judged,
): readonly NoiseVerdict[] {
  return NOISES.map((noise) => {
    let quiet = 0
    let alerts = 0
    for (let trial = 0; trial < trials; trial++) {
      const raised = judge(noiseSeries(noise, trial)).alerts.length
      alerts += raised
      if (raised === 0) quiet++
    }
    return { noise: noise.name, trials, quiet, alerts }
  })
}
