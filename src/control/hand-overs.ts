import { type Kysely, sql, type Transaction } from 'kysely'
import type { ControlAccess } from './access.ts'
import type { ClaimDoubts } from './claim-doubts.ts'
import { due, type WantedRuns } from './claimable.ts'
import type { HandedOver, RunStore } from './control.ts'
import { prepared } from './prepared.ts'
import { type Room, resourceRoom, takeRoom, withoutRoom, withRoom } from './queue-limits.ts'
import { runOf } from './run-rows.ts'
import type { ControlSchema, RunRow } from './schema.ts'

export type HandOvers = Pick<RunStore, 'dispatch' | 'dispatched' | 'takeBack' | 'handAgain'>

type Dispatch = Parameters<RunStore['dispatch']>[0]

/** Runs handed over to whatever starts them elsewhere: in `run`, `dispatched` is the attempt that a hand-over is for, and `handovers` counts them. */
export function createHandOvers(
  { read, change, write, exclusive }: ControlAccess,
  doubts: ClaimDoubts,
): HandOvers {
  return {
    async dispatch(options) {
      const { jobs, now, places } = options
      const open = withRoom(places)
      if (jobs.length === 0 || open.length === 0) return []
      if (doubts.any())
        await doubts.make(({ settle }) =>
          exclusive(async (db) => {
            await settle(db, now)
            return []
          }),
        )
      const isAny = await read(async (db) => {
        // Mostly there is nothing at all.
        const first = await waitingRuns(db, { jobs, now, queues: open, full: [], limit: 1 })
        return first.length > 0 && (await nextRuns(db, options, await roomOf(db, options))).length > 0
      })
      return isAny ? exclusive((db) => handOver(db, options)) : []
    },

    async takeBack(id) {
      await change((db) =>
        db
          .updateTable('run')
          .set({ dispatched: 0 })
          .where('id', '=', id)
          .where('status', '=', 'queued')
          .execute(),
      )
    },

    handAgain: (id) =>
      write(async (db) => {
        const row = await db
          .updateTable('run')
          .set((run) => ({ handovers: run('handovers', '+', 1) }))
          .where('id', '=', id)
          .where('status', '=', 'queued')
          .whereRef('dispatched', '>', 'attempt')
          .returningAll()
          .executeTakeFirst()
        return row && { run: runOf(row), handover: row.handovers }
      }),

    dispatched: (limit) =>
      read(async (db) => {
        const rows = await onTheirWay(db).selectAll().orderBy('id').limit(limit).execute()
        return rows.map((row) => ({ run: runOf(row), handover: row.handovers }))
      }),
  }
}

/** The next of those that are not handed over, and do not overlap with one that is. */
const waitingRuns = prepared((db, { jobs, now, queues, full, limit }: WantedRuns) => {
  const query = due(db, jobs, now)
    .selectAll()
    .whereRef('dispatched', '<=', 'attempt')
    .where('queue', 'in', queues)
    .where((run) =>
      run.not(
        run.exists(
          run
            .selectFrom('run as sent')
            .select('sent.id')
            .whereRef('sent.job', '=', 'run.job')
            .whereRef('sent.batch', '=', 'run.batch')
            .whereRef('sent.shard', '=', 'run.shard')
            .where('sent.status', '=', sql.lit('queued'))
            .whereRef('sent.dispatched', '>', 'sent.attempt'),
        ),
      ),
    )
    .limit(limit)
  return full.length === 0 ? query : query.where('resource', 'not in', full)
})

function onTheirWay(db: Kysely<ControlSchema>) {
  return db.selectFrom('run').where('status', '=', sql.lit('queued')).whereRef('dispatched', '>', 'attempt')
}

/** What is on its way takes a place of its queue, and room on its resource. */
async function roomOf(db: Kysely<ControlSchema>, { places, resources = new Map() }: Dispatch): Promise<Room> {
  const queues = new Map<string, number>(places)
  const sent = await onTheirWay(db)
    .select((run) => ['queue', run.fn.countAll().as('count')])
    .groupBy('queue')
    .execute()
  for (const { queue, count } of sent) queues.set(queue, (queues.get(queue) ?? 0) - Number(count))
  return { queues, resources: await resourceRoom(db, resources) }
}

/** As many runs as there are places, of which those that fit in the room may be handed over. */
async function nextRuns(
  db: Kysely<ControlSchema>,
  { jobs, now }: Dispatch,
  { queues = new Map(), resources }: Room,
): Promise<readonly RunRow[]> {
  const open = withRoom(queues)
  const limit = open.reduce((sum, queue) => sum + queues.get(queue)!, 0)
  return limit === 0 ? [] : waitingRuns(db, { jobs, now, queues: open, full: withoutRoom(resources), limit })
}

/** In rounds: of each at least the first is handed over, and those that must not overlap with it are not looked at again. */
async function handOver(db: Transaction<ControlSchema>, options: Dispatch): Promise<readonly HandedOver[]> {
  const room = await roomOf(db, options)
  const handed: HandedOver[] = []
  for (;;) {
    const rows = await nextRuns(db, options, room)
    const chosen = takeRoom(
      rows.map((row) => ({ ...row, counted: false })),
      room,
    )
    if (chosen.length === 0) return handed
    await db
      .updateTable('run')
      .set((run) => ({ dispatched: run('attempt', '+', 1), handovers: run('handovers', '+', 1) }))
      .where(
        'id',
        'in',
        chosen.map(({ id }) => id),
      )
      .execute()
    handed.push(...chosen.map((row) => ({ run: runOf(row), handover: row.handovers + 1 })))
  }
}
