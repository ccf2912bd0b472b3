/** One token: a comment, a quoted text or name, a text between dollar signs, a semicolon, white space, or any other character. */
const TOKEN =
  /(--[^\n]*|\/\*.*?(?:\*\/|$))|('(?:[^'\\]|''|\\.)*'?|"(?:[^"]|"")*"?|(\$(?:[A-Za-z_]\w*)?\$).*?(?:\3|$))|(;)|(\s+)|./gsu

/** Cuts SQL for Redshift into its statements, without empty ones: semicolons in texts, quoted names, comments and bodies of procedures do not cut. */
export function splitRedshift(sql: string): readonly string[] {
  const statements: string[] = []
  let start = 0
  let empty = true
  const finish = (end: number): void => {
    if (!empty) statements.push(sql.slice(start, end).trim())
    start = end + 1
    empty = true
  }
  for (const token of sql.matchAll(TOKEN)) {
    const [, comment, , , semicolon, space] = token
    if (comment !== undefined || space !== undefined) continue
    if (semicolon === undefined) empty = false
    else finish(token.index)
  }
  finish(sql.length)
  return statements
}
