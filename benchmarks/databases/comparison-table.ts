import Table from 'cli-table3'
import type { Measurement } from '../measurement.ts'
import { summarise } from '../results-page.ts'

/** The medians, a line for each engine: rows a second, milliseconds, and how many times the client's own time it takes. */
export function comparisonTable(engines: ReadonlyMap<string, readonly Measurement[]>): string {
  const table = new Table({
    head: ['', 'upsert, rows/s', 'client alone', 'times', 'history, ms', 'client alone', 'times'],
    style: { head: [], border: [] },
  })
  for (const [name, measurements] of engines)
    table.push([
      name,
      ...summarise([measurements]).map(({ median, unit }) =>
        median.toLocaleString('en', { maximumFractionDigits: unit === 'x' ? 2 : 0 }),
      ),
    ])
  return table.toString()
}
