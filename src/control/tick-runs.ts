import { sql, type Transaction } from 'kysely'
import type { RunRequest } from '../runs/run.ts'
import type { ControlAccess } from './access.ts'
import type { RunStore, TickRun } from './control.ts'
import { createId } from './ids.ts'
import { newRunRow, runOf } from './run-rows.ts'
import type { ControlSchema } from './schema.ts'
import { valuesTable } from './values-table.ts'

type TickRuns = Pick<RunStore, 'fireTicks' | 'unfinished'>

/** The runs of schedules: each tick is fired once, whoever comes first. */
export function createTickRuns({ read, write }: ControlAccess): TickRuns {
  return {
    async fireTicks(wanted, { now }) {
      if (wanted.length === 0) return []
      // In one order everywhere, so that two processes that fire the same ticks wait for each other, not both for both.
      const fires = [...wanted]
        .sort((a, b) => compare(a.schedule, b.schedule) || a.request.scheduledFor - b.request.scheduledFor)
        .map((fire) => ({ ...fire, id: createId(now) }))
      return write(async (db) => {
        const paused = await pausedAmong(db, fires)
        const open = fires.filter((fire) => !paused(fire))
        if (open.length === 0) return []
        const taken = await takeTicks(db, open)
        const mine = open.filter(({ id }) => taken.has(id))
        if (mine.length === 0) return []
        const inserted = await db
          .insertInto('run')
          .values(
            mine.map(({ id, request, idempotencyKey, resource }) => ({
              ...newRunRow(id, request, now),
              idempotency_key: idempotencyKey,
              resource,
            })),
          )
          .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
          .returningAll()
          .execute()
        const created = new Set(inserted.map(({ id }) => id))
        // A run whose tick was forgotten: the tick gets that run again.
        for (const { id, schedule, request, idempotencyKey } of mine)
          if (!created.has(id))
            await db
              .updateTable('tick')
              .set((tick) => ({
                run_id: tick.selectFrom('run').select('run.id').where('idempotency_key', '=', idempotencyKey),
              }))
              .where('schedule', '=', schedule)
              .where('at', '=', request.scheduledFor)
              .execute()
        return inserted.map(runOf)
      })
    },

    unfinished: async (works) =>
      works.length === 0
        ? []
        : read(async (db) => {
            const rows = await db
              .selectFrom(
                valuesTable<{ column1: string; column2: string }>(
                  works.map(({ job, batch = '' }) => [job, batch]),
                ).as('work'),
              )
              // In this order: for many works SQLite would rather go through all runs that have not ended.
              .crossJoin('run')
              .whereRef('run.job', '=', 'work.column1')
              .whereRef('run.batch', '=', 'work.column2')
              .where('run.status', 'in', ['queued', 'running'])
              .groupBy(['run.job', 'run.batch'])
              .select((run) => [
                'run.job',
                'run.batch',
                sql<number | string>`count(case when run.shard = '' then 1 end)`.as('whole'),
                run.fn.max('run.id').as('newest'),
              ])
              .execute()
            return rows.map((row) => ({
              job: row.job as RunRequest['job'],
              ...(row.batch === '' ? {} : { batch: row.batch }),
              whole: Number(row.whole),
              newest: row.newest,
            }))
          }),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Whether a schedule is paused, by its own id or by its job's name. */
async function pausedAmong(
  db: Transaction<ControlSchema>,
  fires: readonly TickRun[],
): Promise<(fire: TickRun) => boolean> {
  const ids = [...new Set(fires.flatMap(({ schedule, request }) => [schedule, request.job]))]
  const rows = await db.selectFrom('schedule').select(['id', 'paused']).where('id', 'in', ids).execute()
  const said = new Map(rows.map(({ id, paused }) => [id, paused === 1]))
  return ({ schedule, request }) => said.get(schedule) ?? said.get(request.job) ?? false
}

/** Ids of the runs whose tick nobody has said a word about; what was missed may still be fired. */
async function takeTicks(
  db: Transaction<ControlSchema>,
  fires: readonly (TickRun & { readonly id: string })[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .insertInto('tick')
    .values(
      fires.map(({ schedule, request, id }) => ({
        schedule,
        at: request.scheduledFor,
        outcome: 'fired',
        run_id: id,
        reason: null,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['schedule', 'at'])
        .doUpdateSet((tick) => ({ outcome: 'fired', run_id: tick.ref('excluded.run_id'), reason: null }))
        .where('tick.outcome', '=', 'missed'),
    )
    .returning('run_id')
    .execute()
  return new Set(rows.flatMap(({ run_id }) => run_id ?? []))
}
