/** Lets many wait for the next time that something happens. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, after `ms` of real time, or when the signal aborts; whichever comes first. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  const waiting = new Set<() => void>()

  return {
    ring() {
      for (const wakeUp of waiting) wakeUp()
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wakeUp = () => {
          clearTimeout(timer)
          waiting.delete(wakeUp)
          signal?.removeEventListener('abort', wakeUp)
          resolve()
        }
        const timer = setTimeout(wakeUp, ms)
        waiting.add(wakeUp)
        signal?.addEventListener('abort', wakeUp, { once: true })
      }),
  }
}
