/** One token: a comment that is none of the engine's hints, a quoted text or name, white space, a semicolon, or any other character. */
const TOKEN =
  /(--(?=\s|$)[^\n]*|#[^\n]*|\/\*(?!M?!).*?(?:\*\/|$)|\s+)|'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.|"")*"?|`(?:[^`]|``)*`?|(;)|./gsu

/**
 * Users' statements without empty ones, which the engine refuses: semicolons with nothing before them, and comments after the last one. The rest is left as it is.
 * Empty where there is no statement at all.
 */
export function withoutEmptyStatements(sql: string): string {
  let kept = ''
  let from = 0
  let empty = true
  /** Where the last statement of `kept` ends. */
  let end = 0
  for (const token of sql.matchAll(TOKEN)) {
    const [text, blank, semicolon] = token
    if (blank !== undefined) continue
    if (semicolon === undefined) {
      empty = false
      continue
    }
    // Blanks and comments before an empty statement stay, so that an error names the right line.
    kept += sql.slice(from, token.index)
    if (!empty) {
      end = kept.length
      kept += text
    }
    from = token.index + 1
    empty = true
  }
  return empty ? kept.slice(0, end) : kept + sql.slice(from)
}
