import { judgeSeries } from '../judge.ts'
import type { LabelledSeries } from '../labelled-series.ts'
import type { Judge, ShortModel } from './judge-short.ts'
import { measure, type Plan, type ShortSeriesReport } from './measure.ts'

export type { ShortModel } from './judge-short.ts'
export type { ShortSeriesReport } from './measure.ts'
export { shortSeriesTables } from './tables.ts'

/** Trials of each noise. */
const TRIALS = 1000
const QUICK_TRIALS = 100
/** Trials for each series of a profile that events are put into, and for each clean one. */
const PER_EVENT_SERIES = 100
const PER_CLEAN_SERIES = 50

export interface ShortSeriesOptions {
  readonly quick?: boolean
  /** Trials of each kind of clean noise, 1,000 when not given; the number of simulated metrics is in proportion. */
  readonly trials?: number
  readonly models: readonly ShortModel[]
}

/** Measures models on short series: simulated metrics with and without events, clean noise, and the real series of the demo. */
export async function measureShortSeries({
  quick = false,
  trials = quick ? QUICK_TRIALS : TRIALS,
  models,
}: ShortSeriesOptions): Promise<ShortSeriesReport> {
  return measure(planOf(trials), models, judgeAsProduct)
}

function planOf(trials: number): Plan {
  return {
    noise: trials,
    events: Math.ceil(trials / PER_EVENT_SERIES),
    clean: Math.ceil(trials / PER_CLEAN_SERIES),
  }
}

const judgeAsProduct: Judge = (labelled: LabelledSeries, settings) => {
  const { levels, threshold, alertsAt, cpuMs } = judgeSeries(labelled, settings)
  return { levels, alerts: alertsAt(threshold), cpuMs }
}
