import type { NoiseVerdict } from './clean-noise.ts'
import { BUDGETS, type Budget } from './judge-short.ts'
import type { ShortSeriesReport } from './measure.ts'
import type { RateCell } from './measure-profile.ts'
import { STEPS } from './profile.ts'
import { PROFILES } from './profiles.ts'
import { ratio, textTable } from './text-table.ts'

/** Alerts on the chosen clean series, and as many as their budget allows. */
export function rateOf(
  rates: readonly RateCell[],
  choice: (cell: RateCell) => boolean,
): { readonly series: number; readonly alerts: number; readonly wanted: number } {
  const chosen = rates.filter(choice)
  const sum = (key: 'series' | 'alerts' | 'wanted') => chosen.reduce((all, cell) => all + cell[key], 0)
  return { series: sum('series'), alerts: sum('alerts'), wanted: sum('wanted') }
}

/** All trials of the clean noises together. */
export function quietOf(noise: readonly NoiseVerdict[]): {
  readonly trials: number
  readonly quiet: number
} {
  return {
    trials: noise.reduce((sum, { trials }) => sum + trials, 0),
    quiet: noise.reduce((sum, { quiet }) => sum + quiet, 0),
  }
}

/** How far an alert rate may be from the wanted one. */
const NEAR = 0.3

/** Whether alerts come about as often as they are wanted. */
export const isNear = (rate: number): boolean => Math.abs(rate - 1) <= NEAR

function rateTable({ models }: ShortSeriesReport, { text }: Budget): string {
  const ratesOf = (choice: (cell: RateCell) => boolean) =>
    models.map(({ rates }) => rateOf(rates, (cell) => cell.budget === text && choice(cell)))
  const ofProfiles = PROFILES.map(({ step, name }) => ({
    label: `${step} ${name}`,
    rates: ratesOf((cell) => cell.step === step && cell.profile === name),
  }))
  const ofSteps = STEPS.map((step) => ({
    label: `all ${step}`,
    rates: ratesOf((cell) => cell.step === step),
  }))
  const rows = [...ofProfiles, ...ofSteps].map(({ label, rates }) => [
    label,
    String(rates[0]?.series ?? 0),
    ...rates.map(({ alerts, wanted }) => `${alerts}/${wanted.toFixed(1)} = ${ratio(alerts / wanted)}`),
  ])
  const near = models.map((_, model) =>
    String(ofProfiles.filter(({ rates }) => isNear(rates[model]!.alerts / rates[model]!.wanted)).length),
  )
  return textTable(`Clean series of 400 to 800 points: alerts / wanted alerts, budget ${text}`, [
    ['profile', 'series', ...models.map(({ name }) => name)],
    ...rows,
    [`profiles within ${NEAR * 100} %`, `of ${PROFILES.length}`, ...near],
  ])
}

function noiseTable({ models }: ShortSeriesReport): string {
  const noises = models[0]?.noise ?? []
  const rows = noises.map(({ noise, trials }, i) => [
    noise,
    String(trials),
    ...models.map((model) => ratio((model.noise[i]?.quiet ?? 0) / trials, 4)),
  ])
  const all = models.map(({ noise }) => quietOf(noise))
  rows.push(['all', String(all[0]?.trials ?? 0), ...all.map(({ quiet, trials }) => ratio(quiet / trials, 4))])
  return textTable('The first 50 points of clean noise: share of trials without an alert', [
    ['noise', 'trials', ...models.map(({ name }) => name)],
    ...rows,
  ])
}

/** How often nothing was wrong and an alert came. */
export function cleanTables(report: ShortSeriesReport): readonly string[] {
  return [noiseTable(report), ...BUDGETS.map((budget) => rateTable(report, budget))]
}
