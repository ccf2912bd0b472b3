import { describe, expect, it } from 'vitest'
import type { LabelledSeries } from '../../../../benchmarks/quality/labelled-series.ts'
import { judgeNoise, NOISES, noiseSeries } from '../../../../benchmarks/quality/short/clean-noise.ts'
import { cleanSeries, judgeClean } from '../../../../benchmarks/quality/short/clean-series.ts'
import { demoSeries } from '../../../../benchmarks/quality/short/demo-series.ts'
import { judgeDemo } from '../../../../benchmarks/quality/short/judge-demo.ts'
import { type Judge, settingsAt } from '../../../../benchmarks/quality/short/judge-short.ts'
import { measure } from '../../../../benchmarks/quality/short/measure.ts'
import { eventSeries, judgeEvents } from '../../../../benchmarks/quality/short/measure-events.ts'
import { PROFILES } from '../../../../benchmarks/quality/short/profiles.ts'
import { shortSeriesTables } from '../../../../benchmarks/quality/short/tables.ts'
import { batchSettings } from '../../../../src/config/batch-settings.ts'

const find = (step: string, name: string) =>
  PROFILES.find((profile) => profile.step === step && profile.name === name)!
const fixed = batchSettings.parse({ alert_threshold: 0.8 })
const silent = (points: number) => new Float64Array(points)
const never = { strict: 1, loose: 1, share: 0 }

/** Index of the first point of the window of a series. */
const start = ({ series, windows }: LabelledSeries) => series.timestamps.indexOf(windows[0]!.from)

describe('events', () => {
  const gauge = find('daily', 'white noise')
  const all = eventSeries(gauge, 2)
  const judged = (alertsOf: (labelled: LabelledSeries) => readonly number[]) =>
    judgeEvents(gauge, all, {
      judge: ({ labelled }) => ({
        levels: silent(labelled.series.values.length),
        alerts: alertsOf(labelled),
      }),
      threshold: never,
    })

  it('are found by an alert at their first point, and at the last of their window', () => {
    const last = ({ series, windows }: LabelledSeries) => series.timestamps.indexOf(windows[0]!.to)
    for (const at of [start, last])
      for (const { trials, found, afterwards } of judged((labelled) => [at(labelled)])) {
        expect(trials).toBeGreaterThanOrEqual(2)
        expect(found).toBe(trials)
        expect(afterwards).toBe(0)
      }
  })

  it('are not found by an alert just before, nor by none', () => {
    for (const alertsOf of [(labelled: LabelledSeries) => [start(labelled) - 1], () => []])
      for (const { found } of judged(alertsOf)) expect(found).toBe(0)
  })

  it('are found once, and alerts after them are counted apart', () => {
    const cells = judged(({ series, windows }) => {
      const from = series.timestamps.indexOf(windows[0]!.from)
      return Array.from({ length: series.values.length - from }, (_, i) => from + i)
    })
    for (const { kind, trials, found, afterwards } of cells) {
      expect(found).toBe(trials)
      const brief = kind === 'spike' || kind === 'dip' || kind === 'no brief event'
      expect(afterwards > 0).toBe(brief)
    }
  })

  it('are ranked by the highest level in their window', () => {
    const ranked = (offset: number, level: number) =>
      judgeEvents(gauge, all, {
        judge: ({ labelled }) => {
          const levels = silent(labelled.series.values.length)
          levels[start(labelled) + offset] = level
          return { levels, alerts: [] }
        },
        threshold: { strict: 0.9, loose: 0.7, share: 0.25 },
      })
    for (const cell of ranked(1, 0.9)) expect(cell.ranked).toBe(cell.trials)
    for (const cell of ranked(1, 0.8)) expect(cell.ranked).toBeCloseTo(cell.trials / 4, 12)
    for (const cell of ranked(1, 0.6)) expect(cell.ranked).toBe(0)
    for (const cell of ranked(-1, 0.95)) expect(cell.ranked).toBe(0)
  })
})

describe('clean series', () => {
  it('have no window, 400 to 800 points, and are the same again', () => {
    const clean = cleanSeries(find('hourly', 'latency'), 20)
    for (const { series, labelled } of clean) {
      expect(labelled.windows).toEqual([])
      expect(series.values.length).toBeGreaterThanOrEqual(400)
      expect(series.values.length).toBeLessThanOrEqual(800)
    }
    expect(cleanSeries(find('hourly', 'latency'), 20)).toEqual(clean)
  })

  it('count their alerts in judged time, without holidays and the days after them', () => {
    const revenue = find('daily', 'revenue')
    const clean = cleanSeries(revenue, 3)
    const unjudged = 20
    let points = 0
    let usual = 0
    for (const { series, holidays } of clean)
      for (let i = unjudged; i < series.values.length; i++) {
        if (holidays.has(i) || holidays.has(i - 1)) continue
        points++
        if (i % 10 === 0) usual++
      }
    const verdict = judgeClean(revenue, clean, ({ series }) => ({
      levels: silent(series.values.length).fill(Number.NaN, 0, unjudged),
      alerts: Array.from(series.values.keys()).filter((i) => i >= unjudged && i % 10 === 0),
    }))
    expect(verdict.alerts).toBe(usual)
    expect(verdict.weeks).toBeCloseTo(points / 7, 9)
  })
})

describe('clean noise', () => {
  it('is of 50 daily points, and the same again', () => {
    for (const noise of NOISES) {
      const { series } = noiseSeries(noise, 3)
      expect(series.values).toHaveLength(50)
      expect(series.timestamps[1]! - series.timestamps[0]!).toBe(86_400_000)
      expect(noiseSeries(noise, 3).series).toEqual(series)
      expect(noiseSeries(noise, 4).series.values).not.toEqual(series.values)
    }
  })

  it('counts the trials without an alert', () => {
    const verdicts = judgeNoise(20, ({ name, series }) => ({
      levels: silent(series.values.length),
      alerts: name.endsWith('7') ? [14, 20] : [],
      cpuMs: 0,
    }))
    expect(verdicts).toHaveLength(5)
    for (const verdict of verdicts) expect(verdict).toMatchObject({ trials: 20, quiet: 18, alerts: 4 })
  })
})

describe('series of the demo', () => {
  it('are real, the same at any time, and no round of them comes twice', () => {
    const series = demoSeries()
    expect(series.map(({ name }) => name)).toContain('flights/departures')
    expect(series).toHaveLength(11)
    expect(demoSeries()).toEqual(series)
    for (const {
      name,
      series: { timestamps, values },
    } of series) {
      expect(values.length, name).toBeGreaterThan(100)
      expect(
        timestamps.every((time, i) => i === 0 || time > timestamps[i - 1]!),
        name,
      ).toBe(true)
      if (name.startsWith('earthquakes')) expect(values.length).toBeLessThanOrEqual(168)
    }
    expect(Math.abs(Date.now() - Date.UTC(2026, 0, 5))).toBeGreaterThan(86_400_000)
  })

  it('are counted from the first judged point to the last', () => {
    const [labelled] = demoSeries()
    const { timestamps, values } = labelled!.series
    const levels = silent(values.length).fill(Number.NaN, 0, 30)
    const { weeks, alerts, points } = judgeDemo(labelled!, { levels, alerts: [40] })
    expect(points).toBe(values.length)
    expect(weeks).toBeCloseTo((values.length - 31) / 7, 9)
    expect(alerts).toEqual([{ timestamp: timestamps[40], value: values[40] }])
    expect(judgeDemo(labelled!, { levels: levels.fill(Number.NaN), alerts: [] }).weeks).toBe(0)
  })
})

describe('settings at a budget', () => {
  const budget = { text: '1 per 2 weeks', weeks: 2 }

  it('are what the model makes of it, or its own', () => {
    expect(settingsAt({ name: 'a', settings: fixed }, budget)).toBe(fixed)
    const own = { ...fixed, alert_snooze_n: 9 }
    const settingsFor = (text: string) => (text === budget.text ? own : fixed)
    expect(settingsAt({ name: 'a', settings: fixed, settingsFor }, budget)).toBe(own)
  })

  it('have it as alert_budget where they have no threshold', () => {
    const open = { ...fixed, alert_threshold: null }
    expect(settingsAt({ name: 'a', settings: open }, budget).alert_budget).toBe('1 per 2 weeks')
  })
})

describe('the whole measurement', () => {
  /** Alerts every 100 points, or every 50 where the settings snooze for longer; each point takes a tenth of a millisecond. */
  const judge: Judge = ({ series }, { alert_snooze_n }) => {
    const points = series.values.length
    const every = alert_snooze_n > 3 ? 50 : 100
    return {
      levels: silent(points),
      alerts: Array.from({ length: points }, (_, i) => i).filter((i) => i > 0 && i % every === 0),
      cpuMs: points / 10,
    }
  }
  const settingsFor = (text: string) => ({ ...fixed, alert_snooze_n: text === '1 per week' ? 9 : 3 })
  const report = measure(
    { noise: 2, events: 1, clean: 1 },
    [
      { name: 'plain', settings: fixed },
      { name: 'by budget', settings: fixed, settingsFor },
    ],
    judge,
  )

  it('has a cell for every profile and budget', () => {
    for (const { rates } of report.models) {
      expect(rates).toHaveLength(PROFILES.length * 3)
      for (const { alerts, wanted } of rates) {
        expect(alerts).toBeGreaterThanOrEqual(3)
        expect(wanted).toBeGreaterThan(0)
      }
    }
    const [plain, byBudget] = report.models
    const alertsAt = (model: typeof plain, budget: string) =>
      model!.rates.filter((rate) => rate.budget === budget).reduce((sum, { alerts }) => sum + alerts, 0)
    expect(alertsAt(byBudget, '1 per week')).toBeGreaterThan(1.8 * alertsAt(plain, '1 per week'))
    expect(alertsAt(byBudget, '1 per 4 weeks')).toBe(alertsAt(plain, '1 per 4 weeks'))
  })

  it('counts the points that were judged, and their time', () => {
    const [plain, byBudget] = report.models
    expect(plain!.cpuMs).toBeCloseTo(plain!.points / 10, 3)
    // Clean series once more for each budget with settings of its own.
    expect(byBudget!.points).toBeGreaterThan(plain!.points)
  })

  it('is plain data, and a table of it has every model and no empty number', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    const text = shortSeriesTables(report)
    for (const title of ['what is wanted', 'spike, 6', 'no lasting event', '1 per 2 weeks', 'Processor time'])
      expect(text).toContain(title)
    expect(text.match(/by budget/g)!.length).toBeGreaterThanOrEqual(10)
    expect(text).not.toMatch(/NaN|undefined|Infinity/)
    expect(text).toContain('plain      ')
    expect(text).toMatch(/by budget +\d+ +0\.1000/)
  })

  it('finds what noise cannot hide, when it is known', () => {
    const found = (size: number) =>
      report.ideal
        .filter((cell) => cell.step === 'daily' && cell.kind === 'shift' && cell.size === size)
        .reduce((sum, { ranked, trials }) => sum + ranked / trials, 0)
    expect(found(6)).toBeGreaterThan(8.5)
  })

  it('of no model is a report without columns', () => {
    expect(shortSeriesTables({ ...report, models: [] })).toContain('known noise')
  })
})
