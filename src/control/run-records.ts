import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { logOf, runOf, stepOf, stepRow } from './run-rows.ts'

type RunRecords = Pick<
  RunStore,
  'saveStep' | 'saveLogs' | 'get' | 'list' | 'steps' | 'logs' | 'latest' | 'lastScheduled' | 'prune'
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

    list: ({ batch, job, status, parent, before, limit }) =>
      read(async (db) => {
        let query = db.selectFrom('run').selectAll().orderBy('id', 'desc').limit(limit)
        if (batch !== undefined) query = query.where('batch', '=', batch)
        if (job !== undefined) query = query.where('job', '=', job)
        if (status !== undefined) query = query.where('status', '=', status)
        if (parent !== undefined) query = query.where('parent', '=', parent)
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
      let deleted = 0
      for (;;) {
        // In bites, so that nobody waits long for a turn at writing.
        const bite = await write(async (db) => {
          const rows = await db
            .selectFrom('run')
            .select('id')
            .where('ended_at', '<', before)
            .where('id', 'not in', db.selectFrom('run').select('id').orderBy('id', 'desc').limit(keep))
            .where('id', 'not in', (newest) =>
              newest
                .selectFrom('run')
                .select((run) => run.fn.max('id').as('id'))
                .groupBy(['job', 'batch', 'status']),
            )
            .orderBy('id')
            .limit(CHUNK)
            .execute()
          const ids = rows.map((row) => row.id)
          if (ids.length === 0) return 0
          await db.deleteFrom('log').where('run_id', 'in', ids).execute()
          await db.deleteFrom('step').where('run_id', 'in', ids).execute()
          await db.deleteFrom('run').where('id', 'in', ids).execute()
          return ids.length
        })
        deleted += bite
        if (bite < CHUNK) return deleted
      }
    },
  }
}
