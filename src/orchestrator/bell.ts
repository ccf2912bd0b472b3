/** Lets many wait for the next time that something happens. */
export interface Bell {
  ring(): void
  /** Resolves at the next ring, after `ms` of real time, or when the signal aborts; whichever comes first. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export function createBell(): Bell {
  const listeners = new Set<() => void>()
  return {
    ring() {
      const waiting = [...listeners]
      for (const listener of waiting) listener()
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wakeUp = () => {
          clearTimeout(timer)
          listeners.delete(wakeUp)
          signal?.removeEventListener('abort', wakeUp)
          resolve()
        }
        const timer = setTimeout(wakeUp, ms)
        listeners.add(wakeUp)
        signal?.addEventListener('abort', wakeUp, { once: true })
      }),
  }
}
