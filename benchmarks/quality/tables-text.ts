import type { HorizontalAlignment } from 'cli-table3'
import { columns } from '../../src/cli/columns.ts'
import { printable } from '../../src/cli/paint.ts'
import type { Table } from './tables.ts'

/** Tables for a terminal, one under the other. */
export function tablesText(tables: readonly Table[]): string {
  return tables
    .map(({ title, head, rows }) => {
      const align = head.map((_, i): HorizontalAlignment => (i === 0 ? 'left' : 'right'))
      return `${title}\n${columns(
        [head, ...rows].map((row) => row.map(printable)),
        { align },
      )}\n\n`
    })
    .join('')
}
