import type { Kysely } from 'kysely'
import type { LogRecord, Run, Step } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import type { RunStore } from './control.ts'
import { firstIdAt } from './ids.ts'
import { prepared } from './prepared.ts'
import { logOf, runOf, stepOf, stepRow } from './run-rows.ts'
import type { ControlSchema, StepRow } from './schema.ts'
import { inPieces, together } from './together.ts'

type RunRecords = Pick<
  RunStore,
  | 'saveStep'
  | 'saveLogs'
  | 'get'
  | 'ends'
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

interface StepRecord {
  readonly step: Step
  readonly logs: readonly LogRecord[]
}

/** What runs did: steps, logs, and the history of runs. */
export function createRunRecords({ read, change, write }: ControlAccess): RunRecords {
  const saveSteps = together<StepRecord, void>({
    async work(records) {
      const steps = records.map(({ step }) => stepRow(step))
      const logs = records.flatMap((record) => record.logs)
      if (steps.length === 1 && logs.length === 0) await change((db) => upsertSteps(db, { steps }))
      else
        await write(async (db) => {
          for (const piece of inPieces(steps)) await upsertSteps(db, { steps: piece })
          if (logs.length > 0) await insertLogs(db, logs)
        })
      return records.map(() => undefined)
    },
  })

  return {
    saveStep: (step, logs = []) => saveSteps({ step, logs }),

    async saveLogs(records) {
      if (records.length > 0) await write((db) => insertLogs(db, records))
    },

    get: (id) =>
      read(async (db) => {
        const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
        return row && runOf(row)
      }),

    ends: (ids) =>
      read(async (db) => {
        const ends = new Map<string, Run | undefined>()
        for (const piece of inPieces(ids)) {
          const rows = await findEnds(db, { ids: piece })
          for (const { id } of rows) ends.set(id, undefined)
          const ended = rows.flatMap(({ id, ended_at }) => (ended_at === null ? [] : [id]))
          for (const some of inPieces(ended))
            for (const row of await db.selectFrom('run').selectAll().where('id', 'in', some).execute())
              ends.set(row.id, runOf(row))
        }
        return ends
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

const upsertSteps = prepared((db, { steps }: { readonly steps: readonly StepRow[] }) =>
  db
    .insertInto('step')
    .values(steps)
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'attempt', 'position']).doUpdateSet((step) => ({
        name: step.ref('excluded.name'),
        status: step.ref('excluded.status'),
        started_at: step.ref('excluded.started_at'),
        ended_at: step.ref('excluded.ended_at'),
        result: step.ref('excluded.result'),
        error: step.ref('excluded.error'),
      })),
    ),
)

const findEnds = prepared((db, { ids }: { readonly ids: readonly string[] }) =>
  db.selectFrom('run').select(['id', 'ended_at']).where('id', 'in', ids),
)

async function insertLogs(db: Kysely<ControlSchema>, records: readonly LogRecord[]): Promise<void> {
  const rows = records.map(({ runId, at, level, message, fields }) => ({
    run_id: runId,
    at,
    level,
    message,
    fields: Object.keys(fields).length === 0 ? null : JSON.stringify(fields),
  }))
  for (const piece of inPieces(rows)) await db.insertInto('log').values(piece).execute()
}
