import type { Judged, Outcome, SimulatedMetric, Simulation } from '../jobs/simulation/simulation.ts'
import { columns } from './columns.ts'
import { injectedTable } from './injected-table.ts'
import { type Paint, printable } from './paint.ts'
import { plural } from './plural.ts'

export interface SimulationReport {
  readonly batch: string
  /** What was changed, `key=value` each. */
  readonly set: readonly string[]
  readonly simulation: Simulation
}

/** Alerts whose times are shown. */
const NEWEST = 3

/** The report for people. */
export function simulationText({ batch, set, simulation }: SimulationReport, paint: Paint): string {
  const { metrics } = simulation
  const title = `${paint.bold(oneLine(batch))}: ${plural(metrics.length, 'metric')}, ${day(simulation.from)} to ${day(simulation.to)}${set.length === 0 ? '' : `, today and with ${paint.cyan(printable(set.join(', ')))}`}`
  const withSet = set.length > 0
  const parts = [
    title,
    alertsTable(metrics, { withSet, paint }),
    ...newestAlerts(metrics, { withSet, paint }),
  ]
  if (metrics.some(({ today }) => today.status === 'judged' && today.injected !== undefined))
    parts.push(injectedTable(metrics, { withSet, paint }))
  return `${parts.join('\n\n')}\n\n${paint.dim('Times in UTC. Nothing was written, and nothing was sent.')}\n`
}

interface Style {
  readonly withSet: boolean
  readonly paint: Paint
}

function alertsTable(metrics: readonly SimulatedMetric[], { withSet, paint }: Style): string {
  const head = [
    'metric',
    'points',
    'span',
    withSet ? 'today' : 'alerts',
    'per week',
    ...(withSet ? ['with --set', 'per week'] : []),
    '',
  ].map((title) => paint.dim(title))
  const rows = metrics.map(({ metric, today, changed }) => {
    const shown = today.status === 'judged' ? today : changed?.status === 'judged' ? changed : undefined
    return [
      paint.bold(oneLine(metric)),
      shown === undefined ? '–' : String(shown.points),
      shown === undefined ? '–' : spanOf(shown),
      ...counts(today),
      ...(changed === undefined ? [] : counts(changed)),
      notes(today, changed),
    ]
  })
  const total = ['all', '', '', ...sums(metrics.map(({ today }) => today))]
  const totalChanged = withSet ? sums(metrics.flatMap(({ changed }) => changed ?? [])) : []
  const all = metrics.length > 1 ? [[...total, ...totalChanged, '']] : []
  return columns([head, ...rows, ...all], {
    align: [
      'left',
      'right',
      'left',
      'right',
      'right',
      ...(withSet ? (['right', 'right'] as const) : []),
      'left',
    ],
  })
}

function counts(outcome: Outcome): readonly [string, string] {
  if (outcome.status !== 'judged') return ['–', '–']
  return [String(outcome.alerts.length), rate(outcome.perWeek)]
}

function sums(outcomes: readonly Outcome[]): readonly [string, string] {
  const judged = outcomes.filter((outcome): outcome is Judged => outcome.status === 'judged')
  const alerts = judged.reduce((sum, each) => sum + each.alerts.length, 0)
  return [String(alerts), rate(judged.reduce((sum, { perWeek }) => sum + (perWeek ?? 0), 0))]
}

function notes(today: Outcome, changed: Outcome | undefined): string {
  const now = note(today)
  const then = changed === undefined ? now : note(changed)
  if (now === then) return now
  const told = [
    ['today', now],
    ['with --set', then],
  ]
  return told.flatMap(([when, what]) => (what === '' ? [] : [`${when}: ${what}`])).join('; ')
}

/** Why there is nothing to count; empty where there is. */
function note(outcome: Outcome): string {
  switch (outcome.status) {
    case 'judged':
      return outcome.silencedBy === undefined ? '' : `never alerts: ${outcome.silencedBy}`
    case 'learning':
      return `still learning, ${outcome.points} of ${outcome.needed} points`
    case 'left out':
      return outcome.why
    case 'failed':
      return `failed: ${oneLine(outcome.problem)}`
  }
}

function newestAlerts(metrics: readonly SimulatedMetric[], { withSet, paint }: Style): readonly string[] {
  const rows = metrics.flatMap(({ metric, today, changed }) => {
    const lines = [
      { what: 'today', outcome: today },
      ...(changed === undefined ? [] : [{ what: 'with --set', outcome: changed }]),
    ].flatMap(({ what, outcome }) =>
      outcome.status === 'judged' && outcome.alerts.length > 0 ? [[what, timesOf(outcome.alerts)]] : [],
    )
    return lines.map(([what = '', times = ''], index) => [
      `  ${index === 0 ? oneLine(metric) : ''}`,
      ...(withSet ? [paint.dim(what)] : []),
      times,
    ])
  })
  return rows.length === 0 ? [] : [`${paint.dim('newest alerts')}\n${columns(rows)}`]
}

function timesOf(alerts: readonly number[]): string {
  const times = alerts.slice(-NEWEST).toReversed().map(minute)
  return alerts.length > NEWEST ? `${times.join(', ')}, …` : times.join(', ')
}

const day = (time: number) => new Date(time).toISOString().slice(0, 10)
const minute = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ')

function spanOf({ first, last }: Judged): string {
  return day(first) === day(last)
    ? `${minute(first)} – ${minute(last).slice(11)}`
    : `${day(first)} – ${day(last)}`
}

/** Rare alerts differ in their decimals. */
function rate(perWeek: number | null): string {
  if (perWeek === null) return '–'
  return perWeek === 0
    ? '0'
    : perWeek < 1
      ? perWeek.toFixed(2)
      : perWeek < 100
        ? perWeek.toFixed(1)
        : perWeek.toFixed(0)
}

const oneLine = (text: string) => printable(text).replaceAll('\n', ' ')
