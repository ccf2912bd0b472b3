import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawSeries } from '../../src/charts/alert-chart.ts'
import { toPng } from '../../src/charts/rasterize.ts'
import { MARK_KINDS, type SeriesChart } from '../../src/charts/series-chart.ts'
import { PALETTES } from '../../src/charts/theme.ts'
import { pngSize } from '../channels/sample-message.ts'

const HOUR = 3_600_000
const START = Date.UTC(2024, 2, 1)

function chartOf(values: readonly (number | null)[], changes: Partial<SeriesChart> = {}): SeriesChart {
  return { title: 'a metric', timestamps: values.map((_, index) => START + index * HOUR), values, ...changes }
}

const wave = (length: number) => Array.from({ length }, (_, index) => 100 + 50 * Math.sin(index / 7))
const linesOf = (svg: string, color: string) =>
  svg.match(new RegExp(`<path d="[^"]*" fill="none" stroke="${color}"`, 'g')) ?? []
const LINE = PALETTES.light.line

/** No attribute holds what is not a number, and an SVG reader accepts it. */
async function expectSound(svg: string): Promise<void> {
  expect(svg).not.toMatch(/NaN|Infinity|undefined|null/)
  expect(pngSize(await toPng(svg, { scale: 0.25 })).width).toBeGreaterThan(0)
}

describe('series of any kind', () => {
  it.each<[string, SeriesChart]>([
    ['nothing', chartOf([])],
    ['a single point', chartOf([42], { marks: [{ timestamp: START, kind: 'anomaly' }], scores: [0.9] })],
    ['a constant', chartOf(Array(30).fill(7))],
    ['zeros', chartOf(Array(30).fill(0))],
    [
      'no values',
      chartOf(Array(30).fill(null), {
        scores: Array(30).fill(Number.NaN),
        marks: [{ timestamp: START, kind: 'missing-data' }],
      }),
    ],
    ['the largest doubles', chartOf([Number.MAX_VALUE, -Number.MAX_VALUE, 0])],
    ['the largest double alone', chartOf([Number.MAX_VALUE, Number.MAX_VALUE])],
    ['the smallest doubles', chartOf([5e-324, 1e-323, 0])],
    ['negative numbers', chartOf(wave(50).map((value) => -value * 1e9))],
    ['infinities', chartOf([1, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, 3])],
    [
      'every point alone',
      chartOf(Array.from({ length: 10_000 }, (_, index) => (index % 2 === 0 ? index : null))),
    ],
    ['one timestamp twice', { ...chartOf([1, 2]), timestamps: [START, START] }],
    ['times beyond dates', { ...chartOf([1, 2]), timestamps: [-1e300, 1e300] }],
    [
      'a band far beyond the values',
      chartOf([1, 2, 3], { lower: [-1e12, -1e12, -1e12], upper: [1e12, 1e12, 1e12], expected: [1, 2, 3] }),
    ],
    ['a mark outside', chartOf([1, 2, 3], { marks: [{ timestamp: START - 1e9, kind: 'change' }] })],
    [
      'scores and limits out of range',
      chartOf([1, 2, 3], {
        scores: [-5, 2, 1e9],
        scoreThreshold: 7,
        thresholds: { upper: Number.NaN, lower: -1e9 },
      }),
    ],
  ])('%s', async (_name, chart) => {
    for (const theme of ['light', 'dark'] as const)
      for (const [width, height] of [
        [800, 440],
        [200, 90],
        [1, 1],
        [Number.NaN, Number.POSITIVE_INFINITY],
      ] as const)
        await expectSound(drawSeries({ ...chart, theme, width, height }))
  })

  it('random numbers, gaps and sizes', async () => {
    const value = fc.oneof(fc.double(), fc.constant(null), fc.integer({ min: -50, max: 50 }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { maxLength: 60 }),
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 100, max: 900 }),
        async (values, title, width) => {
          const marks = MARK_KINDS.map((kind, index) => ({ kind, timestamp: START + index * HOUR }))
          await expectSound(
            drawSeries(
              chartOf(values, {
                title: `t ${title.replace(/NaN|Infinity|undefined|null/g, '')}`,
                width,
                scores: values,
                lower: values,
                upper: values,
                marks,
              }),
            ),
          )
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('what is shown', () => {
  it('draws a gap as a gap, whether the value or the row is missing', () => {
    const pathOf = (chart: SeriesChart) =>
      /d="([^"]*)" fill="none" stroke="#2563eb"/.exec(drawSeries(chart))![1]!
    const moves = (chart: SeriesChart) => pathOf(chart).match(/M/g)!.length
    expect(moves(chartOf(wave(40)))).toBe(1)
    expect(moves(chartOf(wave(40).map((value, index) => (index === 20 ? null : value))))).toBe(2)
    const holes = {
      ...chartOf(wave(40)),
      timestamps: wave(40).map((_, index) => START + (index < 20 ? index : index + 12) * HOUR),
    }
    expect(moves(holes)).toBe(2)
    const weekdays = {
      ...chartOf(wave(40)),
      timestamps: wave(40).map((_, index) => START + (index + Math.floor(index / 5) * 2) * 24 * HOUR),
    }
    expect(moves(weekdays)).toBe(1)
  })

  it('tells kinds apart by shape, not only by colour', () => {
    const shapes = MARK_KINDS.map((kind) => {
      const svg = drawSeries(
        chartOf(wave(40), { marks: [{ kind, timestamp: START + 20 * HOUR }], highlight: null }),
      )
      const color = PALETTES.light.marks[kind]
      return svg
        .match(new RegExp(`<(circle|polygon|path)[^>]*(fill|stroke)="${color}"[^>]*>`, 'g'))!
        .at(-1)!
        .replaceAll(color, '')
    })
    expect(new Set(shapes).size).toBe(MARK_KINDS.length)
    expect(new Set(Object.values(PALETTES.light.marks)).size).toBe(MARK_KINDS.length)
  })

  it('labels the newest mark with value, time in the zone, and what was expected', () => {
    const marks = [
      { timestamp: START + HOUR, kind: 'change' as const },
      { timestamp: START + 10 * HOUR, kind: 'anomaly' as const },
    ]
    const values = wave(40).with(10, 31240.52)
    const svg = drawSeries(
      chartOf(values, {
        marks: marks.toReversed(),
        lower: values.map(() => 90),
        upper: values.map(() => 110.5),
        timeZone: 'Asia/Tokyo',
      }),
    )
    expect(svg).toContain('>31,241<')
    expect(svg).toContain('>2024-03-01 19:00<')
    expect(svg).toContain('>expected 90 to 110.5<')
    expect(drawSeries(chartOf(values, { marks, highlight: START + HOUR }))).not.toContain('>31,241<')
    expect(drawSeries(chartOf(values, { marks, highlight: null }))).not.toContain('>31,241<')
  })

  it('shows the panel of scores only when there are some, with the threshold', () => {
    expect(drawSeries(chartOf(wave(40)))).not.toContain('Anomaly score')
    const svg = drawSeries(
      chartOf(wave(40), {
        scores: wave(40).map(() => 0.5),
        smoothedScores: wave(40).map(() => 0.4),
        scoreThreshold: 0.85,
      }),
    )
    expect(svg).toContain('Anomaly score')
    expect(svg).toContain('alerts from 0.85')
  })

  it('starts at zero when the values come near it, and does not when they are far from it', () => {
    expect(drawSeries(chartOf(wave(40)))).toContain('>0<')
    expect(drawSeries(chartOf(wave(40).map((value) => value + 10_000)))).not.toContain('>0<')
  })

  it('does not let one wide band flatten the values', () => {
    const svg = drawSeries(
      chartOf(wave(40), { lower: wave(40).map(() => -1e6), upper: wave(40).map(() => 1e6) }),
    )
    expect(svg).not.toMatch(/>1M<|>1.0M</)
  })

  it('keeps 10,000 points small and their extremes in', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => Math.sin(index) + (index === 7777 ? 40 : 0))
    const svg = drawSeries(chartOf(values, { width: 800 }))
    expect(svg.length).toBeLessThan(80_000)
    const path = linesOf(svg, LINE)[0]!
    const ys = [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((match) => Number(match[1]))
    expect(ys.toSorted((a, b) => a - b)[1]! - Math.min(...ys)).toBeGreaterThan(100)
  })
})

describe('text', () => {
  it('is escaped', async () => {
    const hostile = `<script>alert('1')</script> & "x" ]]> <!-- \u0000\u0007\uFFFE\uD800 \u202E`
    const svg = drawSeries(chartOf(wave(10), { title: hostile, subtitle: hostile, width: 2000 }))
    expect(svg).not.toMatch(/<script|<!--|\p{Surrogate}|\u202E/u)
    expect(svg).toContain('&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;')
    await expectSound(svg)
  })

  it('is shortened to the width between whole characters', () => {
    const title = '👨‍👩‍👧‍👦é'.repeat(500)
    const shown = /font-weight="700">([^<]*)<\/text>/.exec(drawSeries(chartOf(wave(10), { title })))![1]!
    expect(shown).toMatch(/…$/)
    expect(title.startsWith(shown.slice(0, -1))).toBe(true)
    expect(shown.slice(0, -1)).toMatch(/(👦|é)$/u)
    expect(shown.length).toBeLessThan(700)
  })

  it('is on one line', () => {
    expect(drawSeries(chartOf(wave(10), { title: 'one\r\ntwo\tthree' }))).toContain('>one two three<')
  })
})
