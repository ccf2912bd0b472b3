import { describe, expect, it } from 'vitest'
import { crossValidate, foldsOf } from '../../../benchmarks/quality/cross-validation.ts'
import { type Evaluation, evaluate, type Outcome } from '../../../benchmarks/quality/evaluate.ts'
import { NAB_PROFILES, type NabCounts, nabScore } from '../../../benchmarks/quality/nab.ts'
import { originalAsItRuns, originalDefault } from '../../../benchmarks/quality/original-default.ts'
import { reportPage } from '../../../benchmarks/quality/report-page.ts'
import { resultsJson } from '../../../benchmarks/quality/results-json.ts'
import { meanOf, medianOf, spreadOf } from '../../../benchmarks/quality/statistics.ts'
import { bestOf, summarise } from '../../../benchmarks/quality/summary.ts'
import { pointsLost, tablesOf } from '../../../benchmarks/quality/tables.ts'
import { tablesText } from '../../../benchmarks/quality/tables-text.ts'
import { waveWith } from './sample.ts'

const hostile = 'a/<script>alert("1")</script>&amp;\u202E\u001b[31m'
const all = [
  waveWith('a/one', 300, [150, 250]),
  waveWith(hostile, 300, [200]),
  waveWith('b/quiet', 200, []),
  waveWith('b/two', 300, [120]),
]
/** Moves the cursor, turns a line around. */
const HIDDEN = ['\u001b', '\u202E']
const seen: string[] = []
const evaluations = [
  evaluate(all, { name: 'ours', settings: originalDefault, drawn: true }, ({ labelled }) =>
    seen.push(labelled.name),
  ),
  evaluate(all, { name: 'other', settings: originalAsItRuns, drawn: true }, () => {}),
  evaluate(all, { name: 'third', settings: originalAsItRuns, drawn: false }, () => {}),
]
const told = evaluations.map((evaluation) => ({
  evaluation,
  summary: summarise(evaluation),
  crossValidation: crossValidate(evaluation, 2),
}))
const [ours] = told

describe('an evaluation', () => {
  it('tells of each series in turn', () => {
    expect(seen).toEqual(all.map(({ name }) => name))
  })

  it('finds a best threshold that is no worse than the fixed one, and silence is no worse than 0', () => {
    for (const { summary } of told)
      for (const { fixed, best } of Object.values(summary.nab)) {
        expect(best).toBeGreaterThanOrEqual(fixed)
        expect(best).toBeGreaterThanOrEqual(0)
      }
  })

  it('has the numbers that its alerts give', () => {
    const { evaluation, summary } = ours!
    const alerts = evaluation.outcomes.flatMap((outcome) => outcome.alerts)
    const weeks = (3 * 299 + 199) / 168
    expect(summary.own.perWeek).toBeCloseTo(alerts.length / weeks, 12)
    expect(summary.delay.found).toBe(Math.round(summary.own.recall * 4))
    for (const [k, most] of [1, 3, 10].entries())
      for (const { budgeted, weeks: length } of evaluation.outcomes)
        expect(budgeted[k]!.alerts).toBeLessThanOrEqual(Math.max(1, Math.floor(most * length)))
    expect(summary.vusPr).toBeCloseTo(meanOf(evaluation.outcomes.map(({ vusPr }) => vusPr)), 12)
  })

  it('loses points that add up to what is missing to 100', () => {
    for (const { evaluation, summary } of told) {
      const lost = evaluation.outcomes.reduce((sum, outcome) => sum + pointsLost(outcome, evaluation), 0)
      expect(100 - lost).toBeCloseTo(summary.nab.standard.fixed, 9)
    }
  })
})

/** An evaluation of series with one window each, of which only the counts at two thresholds are known. */
function counted(series: readonly { readonly name: string; readonly low: number; readonly high: number }[]) {
  const counts = (falseAlarms: number): NabCounts => ({ windows: 1, found: 1, earliness: 1, falseAlarms })
  return {
    outcomes: series.map(({ name, low }) => ({ labelled: { name }, nab: counts(low) }) as Outcome),
    sweep: [
      { threshold: 0.9, counts: series.map(({ high }) => counts(high)) },
      { threshold: 0.5, counts: series.map(({ low }) => counts(low)) },
    ],
  } as unknown as Evaluation
}

describe('cross-validation by file', () => {
  it('deals the series out by name', () => {
    expect(foldsOf(['d', 'a', 'c', 'b', 'e'], 2)).toEqual([1, 0, 0, 1, 0])
  })

  it('judges a fold with the threshold that is best on the others', () => {
    // Alone, each series is best at the threshold that is worst for the other.
    const evaluation = counted([
      { name: 'a', low: 0, high: 10 },
      { name: 'b', low: 10, high: 0 },
    ])
    const { fixed, tuned } = crossValidate(evaluation, 2).standard
    const spoiled = 100 - (10 * 0.11 * 100) / 2
    expect(tuned.folds).toEqual([spoiled, spoiled])
    expect(fixed.folds).toEqual([100, spoiled])
    expect([fixed.mean, fixed.together]).toEqual([(100 + spoiled) / 2, (100 + spoiled) / 2])
    expect(tuned.spread).toBe(0)
    expect(bestOf(evaluation.sweep, 'standard', (series) => series === 0)).toEqual({
      best: 100,
      bestThreshold: 0.5,
    })
  })

  it('leaves out folds without a window', () => {
    const { fixed } = ours!.crossValidation.standard
    expect(fixed.folds).toHaveLength(2)
    const { standard } = crossValidate(evaluations[0]!, 4)
    expect(standard.fixed.folds.filter(Number.isNaN)).toHaveLength(1)
    expect(standard.fixed.mean).not.toBeNaN()
    expect(standard.fixed.together).toBeCloseTo(ours!.summary.nab.standard.fixed, 9)
    expect(nabScore({ windows: 0, found: 0, earliness: 0, falseAlarms: 3 }, NAB_PROFILES.standard)).toBeNaN()
  })
})

describe('statistics', () => {
  it('leave out what is no number', () => {
    expect([
      meanOf([1, Number.NaN, 3]),
      spreadOf([1, Number.NaN, 3]),
      medianOf([5, Number.NaN, 1, 2]),
    ]).toEqual([2, Math.SQRT2, 2])
    expect([meanOf([]), spreadOf([1]), medianOf([])]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    expect(medianOf([4, 1])).toBe(2.5)
  })
})

describe('what is shown', () => {
  const page = reportPage(told, { source: '<b>folder</b>' })

  it('has every way of judging in every table', () => {
    for (const { head, rows } of tablesOf(told)) {
      const firsts = rows.map(([first]) => first)
      for (const name of ['ours', 'other', 'third']) expect([...head, ...firsts]).toContain(name)
      for (const row of rows) expect(row).toHaveLength(head.length)
    }
  })

  it('is plain text on a terminal, whatever names are', () => {
    const text = tablesText(tablesOf(told))
    expect(text).toContain('standard')
    for (const hidden of HIDDEN) expect(text).not.toContain(hidden)
  })

  it('is a page with a picture for each way of judging that is drawn, without anything from elsewhere', () => {
    expect(page.match(/<svg /g)).toHaveLength(all.length * 2)
    expect(page.match(/<details>/g)).toHaveLength(all.length)
    expect(page).not.toMatch(/<script|<b>folder|<link|<img|src=|url\(/)
    for (const hidden of HIDDEN) expect(page).not.toContain(hidden)
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/)
    expect(page).toContain('&lt;b&gt;folder&lt;/b&gt;')
  })

  it('shades each labelled window in both panels, and marks each alert', () => {
    const { evaluation } = ours!
    const start = page.indexOf('aria-label="a/one"')
    const picture = page.slice(start, page.indexOf('</svg>', start))
    expect(picture.match(/fill="#f59e0b"/g)).toHaveLength(2 * 2)
    const legend = /Anomaly \((\d+)\)/.exec(picture)
    expect(Number(legend?.[1])).toBe(evaluation.outcomes[0]!.alerts.length)
  })

  it('begins with the series that cost most', () => {
    const order = Array.from(page.matchAll(/<h2 id="s(\d+)">/g), ([, place]) => Number(place))
    const losses = order.map((place) => pointsLost(ours!.evaluation.outcomes[place]!, ours!.evaluation))
    expect(order).toHaveLength(all.length)
    expect(losses).toEqual(losses.toSorted((a, b) => b - a))
  })

  it('is JSON too', () => {
    const { source, contenders } = JSON.parse(resultsJson(told, { source: 'folder' })) as {
      source: string
      contenders: { name: string; series: { name: string; vusPr: number | null }[] }[]
    }
    expect([source, contenders.map(({ name }) => name)]).toEqual(['folder', ['ours', 'other', 'third']])
    expect(contenders[0]!.series.map(({ name }) => name)).toEqual(all.map(({ name }) => name))
    expect(contenders[0]!.series[2]!.vusPr).toBeNull()
  })
})
