/** Work that is asked for often, and done once at a time. */
export interface Repeated {
  /** Has it done, and once more when it is being done already, for what is asked for meanwhile may have come too late for that. */
  ask(): void
  /** Resolves when it is not being done. */
  idle(): Promise<void>
}

export function createRepeated(work: () => Promise<void>, onError: (error: unknown) => void): Repeated {
  let asked = false
  let working: Promise<void> | undefined

  async function goOn(): Promise<void> {
    while (asked) {
      // Those who ask in the same moment ask for the same.
      await Promise.resolve()
      asked = false
      try {
        await work()
      } catch (error) {
        onError(error)
      }
    }
    working = undefined
  }

  return {
    ask() {
      asked = true
      working ??= goOn()
    },
    idle: () => working ?? Promise.resolve(),
  }
}
