import { isNear, quietOf, rateOf } from './clean-tables.ts'
import { BUDGETS } from './judge-short.ts'
import type { ShortModelReport, ShortSeriesReport } from './measure.ts'
import type { EventCell } from './measure-events.ts'
import { STEPS } from './profile.ts'
import { recallOf } from './recall-tables.ts'

/** Something that is wanted of a model. */
export interface Goal {
  readonly label: string
  readonly trials: (report: ShortSeriesReport) => number
  readonly value: (model: ShortModelReport, report: ShortSeriesReport) => number
  /** What somebody reaches who knows the noise, where that can be said. */
  readonly known?: (report: ShortSeriesReport) => number
  readonly isMet: (value: number) => boolean
  readonly decimals: number
}

/** Recall that is wanted of events of a size, in robust spreads. */
const WANTED_RECALL = [
  { size: 6, least: 0.9 },
  { size: 4, least: 0.6 },
] as const
const WANTED_QUIET = 0.99

type Choice = (cell: EventCell, report: ShortSeriesReport) => boolean

function recallGoal(label: string, { size, least }: (typeof WANTED_RECALL)[number], choice: Choice): Goal {
  const recall = (cells: readonly EventCell[], report: ShortSeriesReport) =>
    recallOf(cells, (cell) => cell.size === size && choice(cell, report))
  return {
    label: `recall of events of ${size} spreads, ${label}, at least ${least}`,
    trials: (report) => recall(report.ideal, report).trials,
    value: ({ events }, report) => recall(events, report).found,
    known: (report) => recall(report.ideal, report).ranked,
    isMet: (value) => value >= least,
    decimals: 2,
  }
}

/** Whether noise leaves the events of this size in the profile to be found: nobody can find those that it hides. */
const isPossible =
  ({ least }: (typeof WANTED_RECALL)[number]): Choice =>
  ({ step, profile, size }, { ideal }) =>
    recallOf(ideal, (cell) => cell.step === step && cell.profile === profile && cell.size === size).ranked >=
    least

const first = ({ models }: ShortSeriesReport, trials: (model: ShortModelReport) => number) =>
  models[0] === undefined ? 0 : trials(models[0])

const QUIET: Goal = {
  label: `beginnings of clean noise without an alert, at least ${WANTED_QUIET}`,
  trials: (report) => first(report, ({ noise }) => quietOf(noise).trials),
  value: ({ noise }) => quietOf(noise).quiet / quietOf(noise).trials,
  isMet: (value) => value >= WANTED_QUIET,
  decimals: 4,
}

function rateGoal(budget: string, step: (typeof STEPS)[number]): Goal {
  const rate = ({ rates }: ShortModelReport) =>
    rateOf(rates, (cell) => cell.budget === budget && cell.step === step)
  return {
    label: `alerts / wanted alerts on clean series, ${budget}, ${step}, 0.7 to 1.3`,
    trials: (report) => first(report, (model) => rate(model).series),
    value: (model) => rate(model).alerts / rate(model).wanted,
    isMet: isNear,
    decimals: 2,
  }
}

/** All that is wanted on short series. */
export const GOALS: readonly Goal[] = [
  ...WANTED_RECALL.flatMap((wanted) => [
    recallGoal('all', wanted, () => true),
    ...STEPS.map((step) => recallGoal(step, wanted, (cell) => cell.step === step)),
    recallGoal('profiles where known noise gets as far', wanted, isPossible(wanted)),
  ]),
  QUIET,
  ...BUDGETS.flatMap(({ text }) => STEPS.map((step) => rateGoal(text, step))),
]
