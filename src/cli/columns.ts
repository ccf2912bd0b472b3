import Table, { type HorizontalAlignment } from 'cli-table3'

const BORDERS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
]

export interface ColumnsLayout {
  /** Left of each column, or right of it, two spaces keep it from the next. */
  readonly gap?: 'left' | 'right'
  readonly align?: readonly HorizontalAlignment[]
}

/** Rows as text in columns, without lines around them and without spaces at the ends; colours count for nothing. No line break at the end. */
export function columns(
  rows: readonly (readonly string[])[],
  { gap = 'right', align = [] }: ColumnsLayout = {},
): string {
  const table = new Table({
    chars: Object.fromEntries(BORDERS.map((border) => [border, ''])),
    style: {
      'padding-left': gap === 'left' ? 2 : 0,
      'padding-right': gap === 'right' ? 2 : 0,
      head: [],
      border: [],
      compact: true,
    },
    colAligns: [...align],
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
