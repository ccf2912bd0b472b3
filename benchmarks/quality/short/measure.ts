import type { LabelledSeries } from '../labelled-series.ts'
import { judgeNoise, type NoiseVerdict } from './clean-noise.ts'
import { demoSeries } from './demo-series.ts'
import { type DemoVerdict, judgeDemo } from './judge-demo.ts'
import { BUDGETS, type Budget, EVENT_BUDGET, type Judge, type ShortModel, settingsAt } from './judge-short.ts'
import type { EventCell } from './measure-events.ts'
import {
  measureIdeal,
  measureProfile,
  type RateCell,
  type SimulatedProfile,
  simulateProfile,
} from './measure-profile.ts'
import { PROFILES } from './profiles.ts'

/** How much is measured. */
export interface Plan {
  /** Trials of each noise. */
  readonly noise: number
  /** Series of each profile that events are put into, one of every kind and size. */
  readonly events: number
  /** Series of each profile without events. */
  readonly clean: number
}

/** All that was measured of one model. */
export interface ShortModelReport {
  readonly name: string
  readonly events: readonly EventCell[]
  readonly rates: readonly RateCell[]
  readonly noise: readonly NoiseVerdict[]
  readonly demo: readonly DemoVerdict[]
  /** Points that were judged, and processor time for all of them. */
  readonly points: number
  readonly cpuMs: number
}

export interface ShortSeriesReport {
  readonly plan: Plan
  /** What is found by somebody who knows the noise, at the threshold of the budget. */
  readonly ideal: readonly EventCell[]
  /** In the order in which they were given. */
  readonly models: readonly ShortModelReport[]
}

interface Samples {
  readonly plan: Plan
  readonly simulated: readonly SimulatedProfile[]
  readonly demo: readonly LabelledSeries[]
}

/** Measures models, each on the same series. */
export function measure(plan: Plan, models: readonly ShortModel[], judge: Judge): ShortSeriesReport {
  const simulated = PROFILES.map((profile) => simulateProfile(profile, plan))
  const samples: Samples = { plan, simulated, demo: demoSeries() }
  return {
    plan,
    ideal: simulated.flatMap(measureIdeal),
    models: models.map((model) => measureModel(model, samples, judge)),
  }
}

function measureModel(model: ShortModel, samples: Samples, judge: Judge): ShortModelReport {
  let points = 0
  let cpuMs = 0
  const settings = new Map(BUDGETS.map((budget) => [budget, settingsAt(model, budget)]))
  const judgeAt = (budget: Budget) => (labelled: LabelledSeries) => {
    const judged = judge(labelled, settings.get(budget)!)
    points += labelled.series.values.length
    cpuMs += judged.cpuMs
    return judged
  }
  const sameFor = (budget: Budget) => settings.get(budget) === settings.get(EVENT_BUDGET)
  const judgeUsually = judgeAt(EVENT_BUDGET)
  const verdicts = samples.simulated.map((each) => measureProfile(each, { judgeAt, sameFor }))
  return {
    name: model.name,
    events: verdicts.flatMap(({ events }) => events),
    rates: verdicts.flatMap(({ rates }) => rates),
    noise: judgeNoise(samples.plan.noise, judgeUsually),
    demo: samples.demo.map((labelled) => judgeDemo(labelled, judgeUsually(labelled))),
    points,
    cpuMs,
  }
}
