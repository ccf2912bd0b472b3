import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { firstIdAt } from './ids.ts'
import { logOf, runOf, stepOf, stepRow } from './run-rows.ts'

type RunRecords = Pick<
  RunStore,
  | 'saveStep'
  | 'saveLogs'
  | 'get'
  | 'list'
  | 'steps'
  | 'logs'
  | 'logPage'
  | 'latest'
  | 'lastScheduled'
  | 'prune'
>

/** Rows per statement: engines limit how many values one may bind. */
const CHUNK = 100

/** What runs did: steps, logs, and the history of runs. */
export function createRunRecords({ read, write }: ControlAccess): RunRecords {
  return {
    saveStep: (step) =>
      write(async (db) => {
        const { run_id, attempt, position, ...rest } = stepRow(step)
        await db
          .insertInto('step')
          .values({ run_id, attempt, position, ...rest })
          .onConflict((conflict) => conflict.columns(['run_id', 'attempt', 'position']).doUpdateSet(rest))
          .execute()
      }),

    async saveLogs(records) {
      if (records.length === 0) return
      const rows = records.map(({ runId, at, level, message, fields }) => ({
        run_id: runId,
        at,
        level,
        message,
        fields: Object.keys(fields).length === 0 ? null : JSON.stringify(fields),
      }))
      await write(async (db) => {
        for (let start = 0; start < rows.length; start += CHUNK)
          await db
            .insertInto('log')
            .values(rows.slice(start, start + CHUNK))
            .execute()
      })
    },

    get: (id) =>
      read(async (db) => {
        const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
        return row && runOf(row)
      }),

    list: ({ batch, job, status, parent, queue, from, to, before, limit }) =>
      read(async (db) => {
        let query = db.selectFrom('run').selectAll().orderBy('id', 'desc').limit(limit)
        if (batch !== undefined) query = query.where('batch', '=', batch)
        if (job !== undefined) query = query.where('job', '=', job)
        if (status !== undefined) query = query.where('status', '=', status)
        if (parent !== undefined) query = query.where('parent', '=', parent)
        if (queue !== undefined) query = query.where('queue', '=', queue)
        // Ids sort by the time at which their runs were queued.
        if (from !== undefined) query = query.where('id', '>=', firstIdAt(Math.ceil(from)))
        if (to !== undefined) query = query.where('id', '<', firstIdAt(Math.floor(to) + 1))
        if (before !== undefined) query = query.where('id', '<', before)
        return (await query.execute()).map(runOf)
      }),

    steps: (runId) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('step')
          .selectAll()
          .where('run_id', '=', runId)
          .orderBy('attempt')
          .orderBy('position')
          .execute()
        return rows.map(stepOf)
      }),

    logs: (runId, { limit }) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('log')
          .selectAll()
          .where('run_id', '=', runId)
          .orderBy('id', 'desc')
          .limit(limit)
          .execute()
        return rows.reverse().map(logOf)
      }),

    logPage: (runId, { limit, levels, before }) =>
      read(async (db) => {
        let query = db
          .selectFrom('log')
          .selectAll()
          .where('run_id', '=', runId)
          .orderBy('id', 'desc')
          .limit(limit)
        if (levels !== undefined) query = query.where('level', 'in', levels)
        if (before !== undefined) query = query.where('id', '<', before)
        return (await query.execute()).map((row) => ({ id: Number(row.id), ...logOf(row) }))
      }),

    latest: ({ job, batch, status }) =>
      read(async (db) => {
        const row = await db
          .selectFrom('run')
          .selectAll()
          .where('job', '=', job)
          .where('batch', '=', batch)
          .where('status', '=', status)
          .orderBy('id', 'desc')
          .limit(1)
          .executeTakeFirst()
        return row && runOf(row)
      }),

    lastScheduled: ({ job, batch }) =>
      read(async (db) => {
        const row = await db
          .selectFrom('run')
          .select((run) => run.fn.max('scheduled_for').as('tick'))
          .where('job', '=', job)
          .where('batch', '=', batch)
          .executeTakeFirst()
        return row?.tick ?? undefined
      }),

    async prune({ before, keep }) {
      const edge = await read((db) =>
        db.selectFrom('run').select('id').orderBy('id', 'desc').offset(keep).limit(1).executeTakeFirst(),
      )
      if (edge === undefined) return 0
      let deleted = 0
      let last = ''
      for (;;) {
        // In bites, so that nobody waits long for a turn at writing.
        const bite = await write(async (db) => {
          const rows = await db
            .selectFrom('run')
            .select('id')
            .where('id', '>', last)
            .where('id', '<=', edge.id)
            // What was queued later has not ended earlier.
            .where('id', '<', firstIdAt(Math.ceil(before)))
            .where('ended_at', '<', before)
            .where((run) =>
              run.exists(
                run
                  .selectFrom('run as newer')
                  .select('newer.id')
                  .whereRef('newer.job', '=', 'run.job')
                  .whereRef('newer.batch', '=', 'run.batch')
                  .whereRef('newer.status', '=', 'run.status')
                  .whereRef('newer.id', '>', 'run.id'),
              ),
            )
            .orderBy('id')
            .limit(CHUNK)
            .execute()
          const ids = rows.map((row) => row.id)
          if (ids.length === 0) return ids
          await db.deleteFrom('log').where('run_id', 'in', ids).execute()
          await db.deleteFrom('step').where('run_id', 'in', ids).execute()
          await db.deleteFrom('run').where('id', 'in', ids).execute()
          return ids
        })
        deleted += bite.length
        if (bite.length < CHUNK) return deleted
        last = bite.at(-1)!
      }
    },
  }
}
