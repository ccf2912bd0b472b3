import type { CrossValidation, FoldScores } from './cross-validation.ts'
import type { Evaluation } from './evaluate.ts'
import type { Threshold } from './judge.ts'
import { addNabCounts, NAB_PROFILE_NAMES, NAB_PROFILES, type NabProfileName, nabLoss } from './nab.ts'
import type { AlertSummary, Summary } from './summary.ts'

/** A table of plain text; the first column names the rows. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** All that is told of one way of judging. */
export interface Told {
  readonly evaluation: Evaluation
  readonly summary: Summary
  readonly crossValidation: Readonly<Record<NabProfileName, CrossValidation>>
}

const PROFILE_TITLES: Readonly<Record<NabProfileName, string>> = {
  standard: 'standard',
  lowFP: 'low-FP',
  lowFN: 'low-FN',
}

/** A number with so many decimals; a dash where there is none. */
export function show(value: number, decimals = 1): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : '–'
}

/** A threshold; some stand very near to 1. */
export function showThreshold(threshold: Threshold): string {
  if (threshold === null) return 'its own'
  return threshold === Number.POSITIVE_INFINITY ? 'none' : String(Number(threshold.toFixed(4)))
}

export const percent = (share: number): string =>
  Number.isFinite(share) ? `${(share * 100).toFixed(0)} %` : '–'

/** Every way of judging stands beside the others in every table. */
export function tablesOf(told: readonly Told[]): readonly Table[] {
  const rows = (cells: (each: Told) => readonly string[]) =>
    told.map((each) => [each.evaluation.name, ...cells(each)])
  const profiles = (text: (profile: NabProfileName) => string) => NAB_PROFILE_NAMES.map(text)
  return [
    {
      title: 'NAB score at the fixed threshold, and at the best one; 0 is silence, 100 perfect',
      head: [
        '',
        'threshold',
        ...profiles((profile) => PROFILE_TITLES[profile]),
        ...profiles((profile) => `best ${PROFILE_TITLES[profile]}`),
      ],
      rows: rows(({ summary: { nab }, evaluation }) => [
        showThreshold(evaluation.threshold),
        ...profiles((profile) => show(nab[profile].fixed)),
        ...profiles(
          (profile) => `${show(nab[profile].best)} at ${showThreshold(nab[profile].bestThreshold)}`,
        ),
      ]),
    },
    {
      title:
        'NAB score, cross-validation by file, with the fixed threshold and with the best of the other folds; mean ± standard deviation of the folds, all folds together',
      head: [
        '',
        ...profiles((profile) => PROFILE_TITLES[profile]),
        ...profiles((profile) => `chosen ${PROFILE_TITLES[profile]}`),
      ],
      rows: rows(({ crossValidation }) => [
        ...profiles((profile) => showFolds(crossValidation[profile].fixed)),
        ...profiles((profile) => showFolds(crossValidation[profile].tuned)),
      ]),
    },
    {
      title: 'Events: windows found, alerts that are in a window, and alerts a week of a series',
      head: [
        '',
        'fixed threshold',
        ...(told[0]?.summary.budgets ?? []).map(({ budget }) => `at most ${budget} a week`),
      ],
      rows: rows(({ summary }) => [summary.own, ...summary.budgets].map(showAlerts)),
    },
    {
      title:
        'Ranking (means of the series with windows), delay at the fixed threshold (medians of the windows found), and cost',
      head: ['', 'VUS-PR', 'AUC-PR', 'windows found', 'delay', 'of the window', 'CPU per point'],
      rows: rows(({ summary: { vusPr, aucPr, delay, cpuMicrosPerPoint } }) => [
        show(vusPr, 3),
        show(aucPr, 3),
        String(delay.found),
        `${show(delay.points, 0)} points`,
        percent(delay.share),
        `${show(cpuMicrosPerPoint, 0)} µs`,
      ]),
    },
    groupTable(told),
  ]
}

function groupTable(told: readonly Told[]): Table {
  const outcomes = told[0]?.evaluation.outcomes ?? []
  const groups = [...new Set(outcomes.map(({ labelled }) => labelled.group))].sort()
  return {
    title: 'NAB points lost of 100 by group, standard profile, fixed threshold',
    head: ['group', 'series', 'windows', ...told.map(({ evaluation }) => evaluation.name)],
    rows: groups.map((group) => {
      const of = ({ evaluation }: Told) =>
        evaluation.outcomes.filter(({ labelled }) => labelled.group === group)
      return [
        group === '' ? '(none)' : group,
        String(of(told[0]!).length),
        String(addNabCounts(of(told[0]!).map(({ nab }) => nab)).windows),
        ...told.map((each) =>
          show(of(each).reduce((sum, outcome) => sum + pointsLost(outcome, each.evaluation), 0)),
        ),
      ]
    }),
  }
}

/** How much of the standard score, in points of 100, is missing because of one series: those of all series add up to what is missing to 100. */
export function pointsLost({ nab }: Evaluation['outcomes'][number], { outcomes }: Evaluation): number {
  const { hit, miss } = NAB_PROFILES.standard
  const { windows } = addNabCounts(outcomes.map((outcome) => outcome.nab))
  return (100 * nabLoss(nab, NAB_PROFILES.standard)) / ((hit + miss) * windows)
}

const showFolds = ({ mean, spread, together }: FoldScores) =>
  `${show(mean)} ± ${show(spread)}, ${show(together)}`

const showAlerts = ({ recall, precision, perWeek }: AlertSummary) =>
  `recall ${percent(recall)}, precision ${percent(precision)}, ${show(perWeek)} a week`
