import type { Transaction } from 'kysely'
import type { NewNotice, Notice, NoticeKind } from '../alerts/notice.ts'
import type { Json } from '../core/json.ts'
import type { ControlAccess } from './access.ts'
import { newDeliveryRow } from './alert-rows.ts'
import { createId } from './ids.ts'
import type { ControlSchema, NoticeRow } from './schema.ts'

/** What the system says of itself: one notice when something begins, one when it is over. Their deliveries are among those of alerts. */
export interface NoticeStore {
  /** Records a notice with one pending delivery per channel, in one transaction. Undefined, and nothing is recorded, while an earlier one of its kind and subject
   * is open, or when there has been one with this `since`. */
  open(
    notice: NewNotice,
    options: { readonly now: number; readonly channels: readonly string[] },
  ): Promise<Notice | undefined>
  /** Ends an open notice and, with `recovery`, records in the same transaction a notice that says so. Returns that one, or the ended one; undefined when it was
   * not open any more. */
  resolve(
    id: string,
    options: {
      readonly now: number
      readonly channels: readonly string[]
      readonly recovery?: Pick<Notice, 'title' | 'text' | 'link'>
    },
  ): Promise<Notice | undefined>
  /** What of this kind goes on, the oldest first. */
  opened(kind: NoticeKind): Promise<readonly Notice[]>
  get(id: string): Promise<Notice | undefined>
  /** Newest first. */
  list(filter: { readonly before?: string; readonly limit: number }): Promise<readonly Notice[]>
  /** Deletes notices that were raised and are over before this time, but those that are still to be delivered; returns how many. */
  prune(before: number): Promise<number>
}

/** Rows deleted at a time, so that nobody waits long for a turn at writing. */
const BITE = 500

export function noticeOf(row: NoticeRow): Notice {
  return {
    id: row.id,
    kind: row.kind as Notice['kind'],
    subject: row.subject,
    since: row.since,
    phase: row.phase as Notice['phase'],
    title: row.title,
    text: row.text,
    ...(row.link === null ? {} : { link: row.link }),
    details: JSON.parse(row.details) as { readonly [key: string]: Json },
    raisedAt: row.raised_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  }
}

function noticeRow(notice: Notice): NoticeRow {
  return {
    id: notice.id,
    kind: notice.kind,
    subject: notice.subject,
    since: notice.since,
    phase: notice.phase,
    title: notice.title,
    text: notice.text,
    link: notice.link ?? null,
    details: JSON.stringify(notice.details),
    raised_at: notice.raisedAt,
    ended_at: notice.endedAt ?? null,
  }
}

/** Puts up a notice with its deliveries; false, and nothing, when it is there already or another of its kind and subject is open. */
export async function insertNotice(
  db: Transaction<ControlSchema>,
  notice: Notice,
  channels: readonly string[],
): Promise<boolean> {
  const inserted = await db
    .insertInto('notice')
    .values(noticeRow(notice))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return false
  const at = notice.raisedAt
  const rows = [...new Set(channels)].map((channel) =>
    newDeliveryRow(createId(at), notice.id, { channel, at }),
  )
  if (rows.length > 0) await db.insertInto('delivery').values(rows).execute()
  return true
}

/** Notices of the system, with their deliveries among those of alerts. */
export function createNoticeStore({ read, write }: ControlAccess): NoticeStore {
  return {
    async open(notice, { now, channels }) {
      const opened: Notice = { ...notice, id: createId(now), phase: 'open', raisedAt: now }
      // Most who notice something come late: no turn at writing is needed to see that.
      const known = await read((db) =>
        db
          .selectFrom('notice')
          .select('id')
          .where('kind', '=', notice.kind)
          .where('subject', '=', notice.subject)
          .where('phase', '=', 'open')
          .where((row) => row.or([row('ended_at', 'is', null), row('since', '=', notice.since)]))
          .executeTakeFirst(),
      )
      if (known !== undefined) return undefined
      return (await write((db) => insertNotice(db, opened, channels))) ? opened : undefined
    },

    resolve: (id, { now, channels, recovery }) =>
      write(async (db) => {
        const row = await db
          .updateTable('notice')
          .set({ ended_at: now })
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        const ended = noticeOf(row)
        if (recovery === undefined) return ended
        const { link: _, ...rest } = ended
        const resolved: Notice = {
          ...rest,
          ...(recovery.link === undefined ? {} : { link: recovery.link }),
          title: recovery.title,
          text: recovery.text,
          id: createId(now),
          phase: 'resolved',
          raisedAt: now,
        }
        return (await insertNotice(db, resolved, channels)) ? resolved : ended
      }),

    opened: (kind) =>
      read(async (db) => {
        const rows = await db
          .selectFrom('notice')
          .selectAll()
          .where('kind', '=', kind)
          .where('ended_at', 'is', null)
          .orderBy('id')
          .execute()
        return rows.map(noticeOf)
      }),

    get: (id) =>
      read(async (db) => {
        const row = await db.selectFrom('notice').selectAll().where('id', '=', id).executeTakeFirst()
        return row && noticeOf(row)
      }),

    list: ({ before, limit }) =>
      read(async (db) => {
        let query = db.selectFrom('notice').selectAll().orderBy('id', 'desc').limit(limit)
        if (before !== undefined) query = query.where('id', '<', before)
        return (await query.execute()).map(noticeOf)
      }),

    async prune(before) {
      let deleted = 0
      for (;;) {
        const bite = await write(async (db) => {
          const rows = await db
            .deleteFrom('notice')
            .where('id', 'in', (notice) =>
              notice
                .selectFrom('notice')
                .select('id')
                .where('raised_at', '<', before)
                .where('ended_at', '<', before)
                .where((row) =>
                  row.not(
                    row.exists(
                      row
                        .selectFrom('delivery')
                        .select('delivery.id')
                        .whereRef('delivery.alert_id', '=', 'notice.id')
                        .where('delivery.status', '=', 'pending'),
                    ),
                  ),
                )
                .limit(BITE),
            )
            .returning('id')
            .execute()
          return rows.length
        })
        deleted += bite
        if (bite < BITE) return deleted
      }
    },
  }
}
