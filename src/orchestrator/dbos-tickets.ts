import { systemClock } from '../core/clock.ts'
import type { QueueName } from '../core/queues.ts'
import type { Run } from '../runs/run.ts'

/**
 * The workflows of DBOS that are under way in this process: tickets. Each has runs executed, one after the other, and then stays for a while: what comes meanwhile starts
 * at once instead of waiting for DBOS to look at its queue again.
 */
export interface Tickets {
  /** Serves a ticket of the queue until nothing has come for a while; resolves with the ids of the runs that were executed. */
  serve(queue: QueueName): Promise<ReadonlySet<string>>
  /** How many are under way. */
  count(queue: QueueName): number
  /** Whether one of the queue waits for a run although it was sought for. */
  isIdle(queue: QueueName): boolean
  /** Gives runs to those that wait, as far as there are any, and tells whether there may be more; once at a time. Errors: those of `claim`. */
  seek(): Promise<boolean>
  /** Lets all go once what they execute has ended; they take no more. */
  close(): void
}

export interface TicketOptions {
  /** For how long a ticket of the queue stays without a run, in real ms; 0 for one that is good for one run only. */
  readonly staysMs: (queue: QueueName) => number
  /** Takes runs, of each queue as many as want one. */
  readonly claim: (wanted: ReadonlyMap<QueueName, number>) => Promise<readonly Run[]>
  /** Executes a run that was claimed, from now on; resolves when it has ended. */
  readonly execute: (run: Run) => Promise<unknown>
  /** A ticket waits for a run: it is time to seek. */
  readonly onWaiting: () => void
}

interface Waiting {
  readonly queue: QueueName
  /** Once nothing was found for it: until when it waits. */
  until?: number
  /** Gives it a run, or lets it go. */
  readonly serve: (work: { readonly id: string; readonly ended: Promise<unknown> } | undefined) => void
}

export function createTickets({ staysMs, claim, execute, onWaiting }: TicketOptions): Tickets {
  const counts = new Map<QueueName, number>()
  let waiting: readonly Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const count = (queue: QueueName) => counts.get(queue) ?? 0

  /** Lets those go that have waited for long enough. */
  function letGo(): void {
    clearTimeout(timer)
    const now = systemClock.now()
    const isOver = ({ until = Number.POSITIVE_INFINITY }: Waiting) => closed || until <= now
    const over = waiting.filter(isOver)
    waiting = waiting.filter((one) => !over.includes(one))
    for (const { serve } of over) serve(undefined)
    const next = Math.min(...waiting.map(({ until = Number.POSITIVE_INFINITY }) => until))
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(letGo, next - now)
  }

  const nextRun = (queue: QueueName) =>
    new Promise<Parameters<Waiting['serve']>[0]>((resolve) => {
      waiting = [...waiting, { queue, serve: resolve }]
      if (closed) letGo()
      else onWaiting()
    })

  return {
    async serve(queue) {
      counts.set(queue, count(queue) + 1)
      const executed = new Set<string>()
      try {
        do {
          const work = await nextRun(queue)
          if (work === undefined) break
          executed.add(work.id)
          await work.ended
        } while (staysMs(queue) > 0)
      } finally {
        counts.set(queue, count(queue) - 1)
      }
      return executed
    },

    count,

    isIdle: (queue) => waiting.some((one) => one.queue === queue && one.until !== undefined),

    async seek() {
      // Nobody of them goes while a run may be on its way.
      const seeking = waiting
      waiting = []
      const wanted = new Map<QueueName, number>()
      for (const { queue } of seeking) wanted.set(queue, (wanted.get(queue) ?? 0) + 1)
      const left = [...seeking]
      try {
        const runs = seeking.length === 0 || closed ? [] : await claim(wanted)
        for (const run of runs) {
          const [one] = left.splice(
            left.findIndex(({ queue }) => queue === run.queue),
            1,
          )
          one!.serve({ id: run.id, ended: execute(run) })
        }
        return left.length === 0
      } finally {
        const now = systemClock.now()
        for (const one of left) one.until ??= now + staysMs(one.queue)
        waiting = [...left, ...waiting]
        letGo()
      }
    },

    close() {
      closed = true
      letGo()
    },
  }
}
