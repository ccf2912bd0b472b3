/** Rows of cells as lines of plain text: the first column to the left, the others to the right. The first row is the head. */
export function textTable(title: string, rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const lines = rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? ''
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  return [title, '', ...lines.slice(0, 1), rule, ...lines.slice(1), ''].join('\n')
}

/** A share as text; a dash where nothing stands behind it. */
export const ratio = (value: number, decimals = 2): string =>
  Number.isFinite(value) ? value.toFixed(decimals) : '-'
