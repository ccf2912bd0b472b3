/** Under which names PostgreSQL keeps statements prepared, on each connection that ran them: planning one takes longer than running it. */
export interface StatementNames {
  /** Undefined for a statement that is not worth it. */
  of(text: string): string | undefined
  /** Prepares all anew under other names: what they were planned for has changed. */
  renew(): void
}

/** More of them would take a connection's memory. */
const MOST = 200

export function createStatementNames(): StatementNames {
  const names = new Map<string, string>()
  let generation = 0

  return {
    of(text) {
      const known = names.get(text)
      if (known !== undefined || names.size >= MOST || !/^(select|insert|update|delete) /i.test(text))
        return known
      const name = `s${generation}_${names.size}`
      names.set(text, name)
      return name
    },
    renew() {
      names.clear()
      generation++
    },
  }
}
