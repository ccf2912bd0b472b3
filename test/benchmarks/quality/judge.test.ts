import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { judgeSeries } from '../../../benchmarks/quality/judge.ts'
import type { LabelledSeries } from '../../../benchmarks/quality/labelled-series.ts'
import { originalAsItRuns, originalDefault } from '../../../benchmarks/quality/original-default.ts'
import { detect } from '../../../src/cli/detect.ts'
import { loadSettings } from '../../../src/cli/load-settings.ts'
import { csvOf, scratchFolder, waveWith } from './sample.ts'

const folder = scratchFolder()
const wave = waveWith('g/wave', 400, [150, 300])

const first = ({ series, ...rest }: LabelledSeries, points: number): LabelledSeries => ({
  ...rest,
  series: { timestamps: series.timestamps.slice(0, points), values: series.values.slice(0, points) },
})

describe('judging a labelled series', () => {
  it('gives the scores and alerts of the command `anomstack detect`', async () => {
    const [file, out] = [path.join(folder, 'wave.csv'), path.join(folder, 'out.csv')]
    writeFileSync(file, csvOf(wave))
    expect(await detect(file, { out, format: 'csv' })).toBe(0)
    const rows = readFileSync(out, 'utf8').trim().split('\n').slice(1)
    const told = rows.map((row) => row.split(','))
    const { scores, threshold, alertsAt } = judgeSeries(wave, await loadSettings(undefined))
    expect(Array.from(scores, (score) => (Number.isNaN(score) ? '' : String(score)))).toEqual(
      told.map(([, , score]) => score),
    )
    expect(alertsAt(threshold)).toEqual(told.flatMap(([, , , alert], i) => (alert === '1' ? [i] : [])))
    expect(alertsAt(threshold).length).toBeGreaterThan(0)
  })

  it('judges each point from its past only', async () => {
    const settings = await loadSettings(undefined)
    const [whole, part] = [judgeSeries(wave, settings), judgeSeries(first(wave, 250), settings)]
    for (const column of ['scores', 'levels', 'expected', 'lower', 'upper'] as const)
      expect(part[column]).toEqual(whole[column].slice(0, 250))
    expect(part.alertsAt(part.threshold)).toEqual(whole.alertsAt(whole.threshold).filter((i) => i < 250))
  })

  it('lets the level reach the threshold wherever it alerts, and alerts less the higher that is', () => {
    const { levels, alertsAt } = judgeSeries(wave, originalDefault)
    for (const threshold of [0.3, 0.8, 0.95])
      for (const alert of alertsAt(threshold)) expect(levels[alert]).toBeGreaterThanOrEqual(threshold - 1e-9)
    expect(alertsAt(Number.POSITIVE_INFINITY)).toEqual([])
  })

  it('alerts on every score at the threshold where the original does', () => {
    const { scores, threshold, alertsAt } = judgeSeries(wave, originalAsItRuns)
    const high = Array.from(scores.keys()).filter((i) => scores[i]! >= 0.8)
    expect(threshold).toBe(0.8)
    expect(alertsAt(threshold)).toEqual(high)
    expect(high.length).toBeGreaterThan(judgeSeries(wave, originalDefault).alertsAt(0.8).length)
  })

  it('gives the verdict on a bucket to the point that closes it', () => {
    const settings = {
      ...originalDefault,
      preprocess_params: { ...originalDefault.preprocess_params, freq: '4h' },
    }
    const { scores } = judgeSeries(wave, settings)
    const scored = Array.from(scores.keys()).filter((i) => !Number.isNaN(scores[i]!))
    expect(scored.length).toBeGreaterThan(50)
    // A bucket of 0 to 3 o'clock is known at 4; that of the last hours at the end.
    expect(scored.filter((i) => i % 4 !== 0)).toEqual([399])
  })

  it.each([
    ['one point', first(wave, 1)],
    ['no point', first(wave, 0)],
    ['a constant', { ...wave, series: { ...wave.series, values: new Float64Array(400).fill(5) } }],
    [
      'huge values',
      { ...wave, series: { ...wave.series, values: wave.series.values.map((v) => v * 1e300) } },
    ],
  ])('takes %s', (_, series) => {
    const { scores, levels, alertsAt, cpuMs } = judgeSeries(series, originalDefault)
    expect([scores.length, levels.length]).toEqual([series.series.values.length, series.series.values.length])
    for (const score of scores) expect(Number.isNaN(score) || (score >= 0 && score <= 1)).toBe(true)
    for (const alert of alertsAt(0.8)) expect(scores[alert]).toBeGreaterThan(0)
    expect(cpuMs).toBeGreaterThanOrEqual(0)
  })
})
