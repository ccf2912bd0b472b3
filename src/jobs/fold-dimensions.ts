import { cellText } from '../core/cell-text.ts'
import { AnomstackError } from '../core/errors.ts'
import { baseName, dimensionedName } from '../core/metric-name.ts'
import type { MetricRow } from '../core/metric-row.ts'
import type { SqlRow } from '../databases/database.ts'

/** Puts the values of dimensions into the metric's name: `revenue{country=US,plan=basic}`. Throws `ROWS_INVALID` when the rows lack one of them.
 * `metric` names rows that have no metric_name column. */
export function foldDimensions(
  raw: readonly SqlRow[],
  dimensions: readonly string[],
  metric?: string,
): readonly SqlRow[] {
  const [first] = raw
  if (dimensions.length === 0 || first === undefined) return raw
  const spelled = new Map(Object.keys(first).map((key) => [key.toLowerCase(), key]))
  const missing = dimensions.filter((name) => !spelled.has(name.toLowerCase()))
  if (missing.length > 0)
    throw new AnomstackError(
      'ROWS_INVALID',
      `the rows have no column ${missing.join(', ')}, which dimensions names; they have: ${[...spelled.values()].join(', ')}`,
    )
  const nameColumn = spelled.get('metric_name') ?? 'metric_name'
  const columns = dimensions.map((name) => [name, spelled.get(name.toLowerCase())!] as const)
  return raw.map((row) => {
    const base = row[nameColumn] ?? metric
    if (base === undefined || base === '') return row
    const values = columns.map(([name, column]) => [name, dimensionText(row[column])] as const)
    return { ...row, [nameColumn]: dimensionedName(cellText(base), values) }
  })
}

function dimensionText(value: unknown): string | null {
  return value === null || value === undefined ? null : cellText(value)
}

export interface CappedRows {
  readonly rows: readonly MetricRow[]
  /** Metric without its dimensions -> the combinations whose rows are not among them. */
  readonly leftOut: ReadonlyMap<string, readonly string[]>
}

/**
 * Keeps at most so many combinations of each metric: those that are known already, so that no series ends because another came, then those with the largest
 * values in sum.
 */
export function capDimensions(
  rows: readonly MetricRow[],
  known: ReadonlySet<string>,
  most: number,
): CappedRows {
  const sizes = new Map<string, Map<string, number>>()
  for (const { name, value } of rows) {
    const base = baseName(name)
    const combinations = sizes.get(base) ?? new Map<string, number>()
    combinations.set(name, (combinations.get(name) ?? 0) + Math.abs(value))
    sizes.set(base, combinations)
  }
  const knownOf = new Map<string, number>()
  for (const name of known) knownOf.set(baseName(name), (knownOf.get(baseName(name)) ?? 0) + 1)

  const excess = new Set<string>()
  const leftOut = new Map<string, readonly string[]>()
  for (const [base, combinations] of sizes) {
    const fresh = [...combinations]
      .filter(([name]) => !known.has(name))
      .sort(([a, sizeOfA], [b, sizeOfB]) => sizeOfB - sizeOfA || (a < b ? -1 : 1))
    const room = Math.max(0, most - (knownOf.get(base) ?? 0))
    const over = fresh.slice(room).map(([name]) => name)
    if (over.length === 0) continue
    leftOut.set(base, over)
    for (const name of over) excess.add(name)
  }
  return { rows: excess.size === 0 ? rows : rows.filter(({ name }) => !excess.has(name)), leftOut }
}
