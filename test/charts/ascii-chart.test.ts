import { describe, expect, it } from 'vitest'
import { asciiChart, sparkText } from '../../src/charts/ascii-chart.ts'

describe('sparkText', () => {
  it.each([
    [[], ''],
    [[3], '▅'],
    [[0, 7], '▁█'],
    [[0, null, 1, 2, 3, 4, 5, 6, 7], '▁ ▂▃▄▅▆▇█'],
    [[Number.NaN, Number.NaN], '  '],
    [[-Number.MAX_VALUE, 0, Number.MAX_VALUE], '▁▅█'],
  ])('%j', (values, text) => {
    expect(sparkText(values)).toBe(text)
  })

  it('keeps a single spike of many points', () => {
    const text = sparkText(
      Array.from({ length: 10_000 }, (_, index) => (index === 4321 ? 99 : 0)),
      40,
    )
    expect(text).toHaveLength(40)
    expect(text.match(/█/g)).toHaveLength(1)
  })
})

describe('asciiChart', () => {
  it('has labels, dots, and arrows under marked points', () => {
    const values = [1, 2, 3, 10, 3, null, 1]
    const text = asciiChart({
      timestamps: values.map((_, index) => index),
      values,
      marks: [{ timestamp: 3, kind: 'anomaly' }],
      height: 4,
    })
    expect(text).toBe(['10 │   •', '   │', '   │  • •', ' 1 │••    •', '       ▲', ''].join('\n'))
  })

  it('says so when there is nothing to draw', () => {
    expect(asciiChart({ timestamps: [], values: [] })).toBe('no data\n')
    expect(asciiChart({ timestamps: [1], values: [null] })).toBe('no data\n')
  })

  it('draws a constant in the middle', () => {
    expect(asciiChart({ timestamps: [1, 2], values: [5, 5], height: 3 })).toBe('5 │\n  │••\n5 │\n')
  })
})
