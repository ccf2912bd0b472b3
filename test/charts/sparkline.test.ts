import { expect, it } from 'vitest'
import { toPng } from '../../src/charts/rasterize.ts'
import { drawSparkline, type Sparkline } from '../../src/charts/sparkline.ts'

const HOUR = 3_600_000
const sparkline = (values: readonly (number | null)[], changes: Partial<Sparkline> = {}) =>
  drawSparkline({ label: 'x', timestamps: values.map((_, index) => index * HOUR), values, ...changes })

it('is small for a thousand points, and keeps their extremes', () => {
  const svg = sparkline(
    Array.from({ length: 1000 }, (_, index) => Math.sin(index) + (index === 500 ? 100 : 0)),
  )
  expect(svg.length).toBeLessThan(12_000)
  expect(svg).toMatch(/ 5(?=[LM"])/)
})

it.each([
  [[]],
  [[1]],
  [[null]],
  [[5, 5, 5]],
  [[Number.MAX_VALUE, -Number.MAX_VALUE]],
  [[1, null, 2, null, 3]],
])('draws %j', async (values) => {
  const svg = sparkline(values)
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  expect((await toPng(svg)).length).toBeGreaterThan(50)
})

it('draws marks by shape on their points, and escapes its label', () => {
  const svg = sparkline([1, 2, 3, null], {
    label: '"><script>',
    marks: [
      { timestamp: HOUR, kind: 'anomaly' },
      { timestamp: 3 * HOUR, kind: 'missing-data' },
    ],
  })
  expect(svg.match(/<circle/g)).toHaveLength(1)
  expect(svg).toContain('aria-label="&quot;&gt;&lt;script&gt;"')
})
