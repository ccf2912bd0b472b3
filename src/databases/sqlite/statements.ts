/** One token: a comment, a quoted text or name, a word, a semicolon, white space, or any other character. */
const TOKEN =
  /(--[^\n]*|\/\*.*?(?:\*\/|$))|('(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?)|([\p{L}_][\p{L}\p{N}_$]*)|(;)|(\s+)|./gsu

/** Cuts SQL for SQLite into its statements, without empty ones: semicolons in texts, quoted names, comments and trigger bodies do not cut. */
export function splitStatements(sql: string): readonly string[] {
  const statements: string[] = []
  let start = 0
  /** Words and marks of the present statement; only the first few and the last two matter. */
  let words: string[] = []
  const finish = (end: number): void => {
    if (words.length > 0) statements.push(sql.slice(start, end).trim())
    start = end
    words = []
  }
  for (const token of sql.matchAll(TOKEN)) {
    const [text, comment, , word, semicolon, space] = token
    if (comment !== undefined || space !== undefined) continue
    if (semicolon === undefined) words.push(word === undefined ? '' : text.toUpperCase())
    else if (isOpenTrigger(words)) words.push(';')
    else finish(token.index + 1)
  }
  finish(sql.length)
  return statements
}

function isOpenTrigger(words: readonly string[]): boolean {
  const [create, second, third] = words
  if (create !== 'CREATE' || (second !== 'TRIGGER' && third !== 'TRIGGER')) return false
  return !(words.at(-1) === 'END' && words.at(-2) === ';')
}
