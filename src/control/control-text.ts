/** Begins what stands for a character that engines do not keep: four hexadecimal digits follow. A private character, which stands for itself in this way too. */
const MARK = '\uf8f0'
const UNKEPT = /[\0\uf8f0\p{Cs}]/gu
const STANDS_FOR = /\uf8f0([0-9a-f]{4})/g

/**
 * A text as the control database keeps it. PostgreSQL refuses the character NUL, SQLite's driver reads only as far as to the first one, and half of a surrogate
 * pair is lost in UTF-8: here each becomes a text of its own, so that no two names become one. Nothing else changes, neither does what a text starts with.
 */
export function storedText(text: string): string {
  return text.replace(UNKEPT, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** The text that `storedText` was given. */
export function textOfStored(stored: string): string {
  if (!stored.includes(MARK)) return stored
  return stored.replace(STANDS_FOR, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** What a text starts with up to the first character that is kept as another text: what has this start has it there, too. */
export function keptStart(text: string): string {
  const at = text.search(UNKEPT)
  return at < 0 ? text : text.slice(0, at)
}

/** Parameters of a statement as the engine is given them. */
export function storedValues(values: readonly unknown[]): unknown[] {
  return values.map((value) => (typeof value === 'string' ? storedText(value) : value))
}

/** Rows that an engine returned, changed in place. */
export function withTexts<Row>(rows: readonly Row[]): readonly Row[] {
  for (const row of rows as readonly Record<string, unknown>[])
    for (const key in row) {
      const value = row[key]
      if (typeof value === 'string' && value.includes(MARK)) row[key] = textOfStored(value)
    }
  return rows
}
