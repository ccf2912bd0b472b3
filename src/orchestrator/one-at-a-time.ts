import { systemClock } from '../core/clock.ts'

/** Any number that nothing else in the database uses as the key of an advisory lock. */
const LOCK = 7_206_113_042
const RETRY_MS = 100

/**
 * Does some work while no other process does such work on the same PostgreSQL database. It asks for the lock again and again instead of waiting for it: a session
 * that waits holds a snapshot, and building an index concurrently waits for all of those. Errors: those of the connection and of the work.
 */
export async function oneAtATime<Result>(url: string, work: () => Promise<Result>): Promise<Result> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, application_name: 'anomstack start' })
  // The lock goes with the connection: the work may then meet another's, which is no worse than without it.
  client.on('error', () => {})
  await client.connect()
  try {
    for (;;) {
      const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
        LOCK,
      ])
      if (rows[0]?.locked === true) break
      await systemClock.sleep(RETRY_MS)
    }
    return await work()
  } finally {
    await client.end().catch(() => {})
  }
}
