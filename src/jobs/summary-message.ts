import type { ChannelStanding } from '../control/control.ts'
import type { Json } from '../core/json.ts'
import { formatTimestamp } from '../core/timestamp.ts'
import type { Run } from '../runs/run.ts'
import type { MetricTotals, Totals } from './metric-totals.ts'

export interface SummaryFacts extends Totals {
  readonly now: number
  readonly batches: readonly string[]
  /** The newest of them, up to a limit. */
  readonly failedRuns: readonly Run[]
  readonly standings: readonly ChannelStanding[]
  /** What could not be read, in plain sentences. */
  readonly problems: readonly string[]
}

export interface SummaryMessage {
  readonly title: string
  readonly text: string
  readonly details: { readonly [key: string]: Json }
}

const LINES = 20
const TABLE_ROWS = 200
const NAMES = 10
const LONGEST_NAME = 120
const LONGEST_PROBLEM = 300

/** What a summary says: in lines, and as a table for channels that show tables. */
export function summaryMessage(facts: SummaryFacts): SummaryMessage {
  const alerts = facts.metrics.reduce((sum, metric) => sum + metric.alerts, 0)
  const lines = metricLines(facts.metrics)
  const head = `${count(facts.batches.length, 'batch', 'batches')}, ${count(facts.metrics.length, 'metric')}, ${count(alerts, 'alert')}.`
  const text = [head, ...lines, ...troubles(facts)].join('\n')
  return {
    title: `Anomstack Summary (${formatTimestamp(facts.now)}): ${count(alerts, 'alert')}`,
    text,
    details: {
      batches: facts.batches.length,
      metrics: facts.metrics.length,
      alerts,
      table: {
        text: lines.join('\n'),
        columns: ['Batch', 'Metric', 'Newest', 'Values', 'Scores', 'Alerts'],
        rows: facts.metrics.slice(0, TABLE_ROWS).map((metric) => rowOf(metric)),
      },
    },
  }
}

function rowOf({ batch, metric, newest, values, scores, alerts, byKind }: MetricTotals): string[] {
  const kinds = kindsOf(byKind)
  return [
    short(batch, LONGEST_NAME),
    short(metric, LONGEST_NAME),
    timeOf(newest),
    String(values),
    String(scores),
    kinds === '' ? String(alerts) : `${alerts} (${kinds})`,
  ]
}

function metricLines(metrics: readonly MetricTotals[]): readonly string[] {
  const lines = metrics.slice(0, LINES).map(({ batch, metric, newest, values, scores, alerts, byKind }) => {
    const name = `${short(batch, LONGEST_NAME)} / ${short(metric, LONGEST_NAME)}`
    const kinds = alerts === 0 ? '' : ` (${kindsOf(byKind)})`
    return `${name}: ${count(alerts, 'alert')}${kinds}, ${count(values, 'value')}, ${count(scores, 'score')}, newest ${timeOf(newest)}`
  })
  const more = metrics.length - lines.length
  return more === 0 ? lines : [...lines, `… and ${count(more, 'more metric')}`]
}

function* troubles({ failedRuns, standings, silent, problems }: SummaryFacts): Generator<string> {
  if (failedRuns.length > 0) {
    yield `Failed runs: ${failedRuns.length}`
    for (const { job, batch, error } of failedRuns.slice(0, NAMES))
      yield `- ${job}${batch === undefined ? '' : ` ${short(batch, LONGEST_NAME)}`}: ${short(error?.message ?? 'no reason on record', LONGEST_PROBLEM)}`
    if (failedRuns.length > NAMES) yield `- … and ${failedRuns.length - NAMES} more`
  }
  const undelivered = standings.filter(({ pending, dead }) => pending + dead > 0)
  if (undelivered.length > 0) {
    yield 'Alerts that were not delivered:'
    for (const { batch, channel, pending, dead } of undelivered.slice(0, NAMES))
      yield `- ${channel}, ${short(batch, LONGEST_NAME)}: ${dead} given up, ${pending} waiting`
    if (undelivered.length > NAMES) yield `- … and ${undelivered.length - NAMES} more`
  }
  if (silent.length > 0) {
    yield `Silent metrics: ${silent.length}`
    for (const { batch, metric, newest } of silent.slice(0, NAMES))
      yield `- ${short(batch, LONGEST_NAME)} / ${short(metric, LONGEST_NAME)}: last value ${timeOf(newest)}`
    if (silent.length > NAMES) yield `- … and ${silent.length - NAMES} more`
  }
  if (problems.length > 0) {
    yield 'Could not be read:'
    for (const problem of problems.slice(0, NAMES)) yield `- ${short(problem, LONGEST_PROBLEM)}`
  }
}

/** `2 anomaly, 1 threshold`. */
function kindsOf(byKind: ReadonlyMap<string, number>): string {
  return [...byKind].map(([kind, of]) => `${of} ${kind}`).join(', ')
}

function timeOf(timestamp: number): string {
  return Number.isFinite(timestamp) ? formatTimestamp(timestamp) : 'unknown'
}

function count(of: number, one: string, many = `${one}s`): string {
  return `${of} ${of === 1 ? one : many}`
}

/** In one line. */
function short(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}
