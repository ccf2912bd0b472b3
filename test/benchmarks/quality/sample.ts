import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import type { LabelledSeries } from '../../../benchmarks/quality/labelled-series.ts'
import { createRandom, hashText } from '../../../src/core/random.ts'

const HOUR = 3_600_000
const START = Date.UTC(2025, 0, 1)

/** Hours with a daily wave and noise, and a labelled spike at each of some points. */
export function waveWith(name: string, points: number, spikes: readonly number[]): LabelledSeries {
  const random = createRandom(hashText(name))
  const timestamps = Float64Array.from({ length: points }, (_, i) => START + i * HOUR)
  const values = timestamps.map(
    (_, i) => 100 + 10 * Math.sin((i * Math.PI) / 12) + random.next() + (spikes.includes(i) ? 80 : 0),
  )
  const windows = spikes.map((spike) => ({ from: timestamps[spike - 2]!, to: timestamps[spike + 5]! }))
  return { name, group: path.dirname(name), series: { timestamps, values }, windows }
}

/** A series as the text of a CSV file. */
export function csvOf({ series: { timestamps, values } }: LabelledSeries): string {
  const lines = Array.from(timestamps, (time, i) => `${new Date(time).toISOString()},${values[i]}`)
  return `timestamp,value\n${lines.join('\n')}\n`
}

/** What `windows.json` says of some series. */
export function windowsJson(all: readonly LabelledSeries[]): string {
  const text = (time: number) => new Date(time).toISOString().replace('T', ' ').replace('Z', '000')
  return JSON.stringify(
    Object.fromEntries(
      all.map(({ name, windows }) => [`${name}.csv`, windows.map(({ from, to }) => [text(from), text(to)])]),
    ),
  )
}

/** A folder that is gone after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'anomstack-quality-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
