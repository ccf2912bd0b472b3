/** One statement of a user's text. */
export interface SingleStatement {
  readonly text: string
  /** How many lines of the whole text come before it. */
  readonly line: number
}

/** A comment or white space, a quoted text or name (with doubled quotes as two of them), a here-document, a semicolon, or anything else. */
const TOKEN =
  /(--[^\n]*|#[ !][^\n]*|\/\*.*?(?:\*\/|$)|\s+)|'[^'\\]*(?:\\.[^'\\]*)*'?|"[^"\\]*(?:\\.[^"\\]*)*"?|`[^`\\]*(?:\\.[^`\\]*)*`?|\$(\w*)\$.*?\$\2\$|(;)|[^\s;'"`$/#-]+|./gs

/** A user's statements one by one, for the HTTP interface takes no more. Empty ones and comments between them are left out. */
export function singleStatements(sql: string): readonly SingleStatement[] {
  const found: SingleStatement[] = []
  let start: number | undefined
  let end = 0
  const close = (): void => {
    if (start !== undefined)
      found.push({ text: sql.slice(start, end), line: sql.slice(0, start).split('\n').length - 1 })
    start = undefined
  }
  for (const token of sql.matchAll(TOKEN)) {
    const [text, blank, , semicolon] = token
    if (semicolon !== undefined) close()
    else if (blank === undefined) {
      start ??= token.index
      end = token.index + text.length
    }
  }
  close()
  return found
}
