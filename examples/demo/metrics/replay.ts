// Shared by the batches that play old data: a function may import files beside it, packages of the project, and Node's own modules.
import { readFileSync } from 'node:fs'

export interface Point {
  /** When it was measured, in milliseconds since 1970. The point stands for the hour or day that starts then. */
  time: number
  /** Metric -> value; a metric without a value is left out. */
  values: Record<string, number | undefined>
}

interface Loop {
  /** After so many milliseconds the data starts again. */
  period: number
  /** How long the hour or day of a point lasts; a point appears when it is over. */
  step: number
  /** How far back to go. */
  keep: number
}

/**
 * Moves points to the present, as if they repeated for ever. The shift is always a whole number of periods, so that a moment has the
 * same value however often it is asked for, and a new point comes whenever an hour or a day is over.
 */
export function replay(points: Point[], { period, step, keep }: Loop) {
  const now = Date.now()
  const rows: Array<{ metric_timestamp: Date; metric_name: string; metric_value: number }> = []
  for (const { time, values } of points) {
    const newest = time + Math.floor((now - step - time) / period) * period
    for (let moved = newest; moved > now - keep; moved -= period)
      for (const [name, value] of Object.entries(values))
        if (value !== undefined)
          rows.push({ metric_timestamp: new Date(moved), metric_name: name, metric_value: value })
  }
  return rows.sort((a, b) => a.metric_timestamp.getTime() - b.metric_timestamp.getTime())
}

/** Text of a file of the npm package vega-datasets. */
function readDataset(name: string): string {
  return readFileSync(new URL(`../data/${name}`, import.meta.resolve('vega-datasets')), 'utf8')
}

export function readJson<Content>(name: string): Content {
  return JSON.parse(readDataset(name))
}

/** Rows by the names of the columns, as text. For plain files only: no quotes, no commas in a value. */
export function readCsv(name: string): Array<Record<string, string>> {
  const [header = '', ...lines] = readDataset(name).trim().split(/\r?\n/)
  const columns = header.split(',')
  return lines.map((line) => {
    const cells = line.split(',')
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))
  })
}
