import pg from 'pg'
import { systemClock } from '../core/clock.ts'
import type { RunNews } from './run-news.ts'

const CHANNEL = 'anomstack_runs'
/** What is announced within so long, ms, is announced once: commits that notify wait for each other. */
const GATHER_MS = 50
const RECONNECT_MS = 1_000
const PATIENCE_MS = 1_000

export interface PostgresNewsOptions {
  readonly url: string
  /** Runs a statement. */
  readonly query: (text: string) => Promise<unknown>
}

/** Announcements by LISTEN and NOTIFY, with a connection of their own for each who listens; it is made again when it breaks. */
export function createPostgresNews({ url, query }: PostgresNewsOptions): RunNews {
  let announcing: Promise<void> | undefined
  let announcedAt = Number.NEGATIVE_INFINITY

  async function announce(): Promise<void> {
    const pause = announcedAt + GATHER_MS - performance.now()
    if (pause > 0) await systemClock.sleep(pause)
    announcing = undefined
    announcedAt = performance.now()
    await query(`NOTIFY ${CHANNEL}`)
  }

  return {
    announce() {
      announcing ??= announce()
      return announcing
    },

    async listen(heard) {
      const stopped = new AbortController()
      let client: pg.Client | undefined

      async function begin(one: pg.Client): Promise<void> {
        await one.connect()
        await one.query(`LISTEN ${CHANNEL}`)
        // What was announced before is heard now.
        heard()
      }

      /** Listens until the connection breaks. */
      async function hear(): Promise<void> {
        const one = new pg.Client({
          connectionString: url,
          application_name: 'anomstack news',
          keepAlive: true,
        })
        client = one
        const broken = new Promise<void>((resolve) => {
          one.on('error', () => resolve())
          one.on('end', () => resolve())
        })
        one.on('notification', heard)
        try {
          // A connection that is ended while it is being made never says so.
          await Promise.race([broken, begin(one)])
          await broken
        } finally {
          await one.end().catch(() => {})
        }
      }

      async function goOn(): Promise<void> {
        while (!stopped.signal.aborted) {
          // Who hears nothing finds runs by looking for them, later.
          await hear().catch(() => {})
          await systemClock.sleep(RECONNECT_MS, stopped.signal)
        }
      }

      const listening = goOn()
      return async () => {
        stopped.abort()
        const ended = Promise.all([client?.end().catch(() => {}), listening])
        // A server that does not answer is not waited for.
        await Promise.race([ended, systemClock.sleep(PATIENCE_MS)])
      }
    },
  }
}
