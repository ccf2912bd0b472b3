/** Lets many wait for the next time that something happens. */
export interface Bell {
  /** Rings for those who listen for everything, and for those who listen for this; for all when nothing is said. */
  ring(about?: string): void
  /** Resolves at the next ring, after `ms` of real time, or when the signal aborts; whichever comes first. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** `wait`, for rings about one thing only, from now on; `stop` ends it early. */
  listen(
    about: string,
    options: { readonly ms: number; readonly signal?: AbortSignal },
  ): { readonly rung: Promise<void>; stop(): void }
}

interface Listener {
  readonly about: string | undefined
  readonly wakeUp: () => void
}

export function createBell(): Bell {
  const listeners = new Set<Listener>()

  function start(about: string | undefined, ms: number, signal: AbortSignal | undefined) {
    let stop = () => {}
    const rung = new Promise<void>((resolve) => {
      if (signal?.aborted) return resolve()
      const wakeUp = () => {
        clearTimeout(timer)
        listeners.delete(listener)
        signal?.removeEventListener('abort', wakeUp)
        resolve()
      }
      const listener: Listener = { about, wakeUp }
      const timer = setTimeout(wakeUp, ms)
      listeners.add(listener)
      signal?.addEventListener('abort', wakeUp, { once: true })
      stop = wakeUp
    })
    return { rung, stop }
  }

  return {
    ring(about) {
      const concerned = [...listeners].filter(
        (listener) => about === undefined || listener.about === undefined || listener.about === about,
      )
      for (const { wakeUp } of concerned) wakeUp()
    },
    wait: (ms, signal) => start(undefined, ms, signal).rung,
    listen: (about, { ms, signal }) => start(about, ms, signal),
  }
}
