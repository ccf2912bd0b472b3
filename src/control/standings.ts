import { type Kysely, sql } from 'kysely'
import type { ControlAccess } from './access.ts'
import { alertOf } from './alert-rows.ts'
import type { AlertStore, BatchChannel, ChannelStanding } from './control.ts'
import type { ControlSchema } from './schema.ts'

/** Values or pairs per statement: engines limit how many one may bind. */
const CHUNK = 400

const keyOf = ({ batch, channel }: BatchChannel): string => JSON.stringify([batch, channel])

/** What waits or was given up, by batch and channel; there is little of either. */
async function unsettled(db: Kysely<ControlSchema>): Promise<readonly ChannelStanding[]> {
  const rows = await db
    .selectFrom('delivery')
    .innerJoin('alert', 'alert.id', 'delivery.alert_id')
    .where('delivery.status', 'in', ['pending', 'dead'])
    .groupBy(['alert.batch', 'delivery.channel', 'delivery.status'])
    .select(['alert.batch', 'delivery.channel', 'delivery.status'])
    .select((row) => [
      row.fn.countAll().as('count'),
      row.fn.min('alert.raised_at').as('oldest'),
      row.fn.max('alert.raised_at').as('newest'),
    ])
    .execute()
  return rows.map(({ batch, channel, status, count, oldest, newest }) => ({
    batch,
    channel,
    ...(status === 'pending'
      ? { pending: Number(count), pendingSince: oldest, dead: 0 }
      : { pending: 0, dead: Number(count), deadSince: newest }),
  }))
}

/** When the newest alert that was delivered went out: through the alerts of a batch from the newest on, until there is one. */
async function lastDelivered(
  db: Kysely<ControlSchema>,
  channels: readonly BatchChannel[],
): Promise<readonly ChannelStanding[]> {
  const standings: ChannelStanding[] = []
  for (let start = 0; start < channels.length; start += CHUNK) {
    const asked = sql.join(
      channels.slice(start, start + CHUNK).map(({ batch, channel }) => sql`(${batch}, ${channel})`),
    )
    const { rows } = await sql<BatchChannel & { readonly at: number | null }>`
      SELECT asked.column1 AS batch, asked.column2 AS channel, (SELECT delivery.delivered_at FROM alert
        JOIN delivery ON delivery.alert_id = alert.id AND delivery.channel = asked.column2 AND delivery.status = 'delivered'
        WHERE alert.batch = asked.column1 ORDER BY alert.timestamp DESC, alert.id DESC LIMIT 1) AS at
      FROM (VALUES ${asked}) AS asked`.execute(db)
    for (const { batch, channel, at } of rows)
      standings.push({ batch, channel, pending: 0, dead: 0, ...(at === null ? {} : { deliveredAt: at }) })
  }
  return standings
}

/** The newest alerts of many batches at once, and how their channels fare. */
export function createStandings({ read }: ControlAccess): Pick<AlertStore, 'newest' | 'standings'> {
  return {
    newest: (batches) =>
      read(async (db) => {
        const alerts: Awaited<ReturnType<AlertStore['newest']>>[number][] = []
        for (let start = 0; start < batches.length; start += CHUNK) {
          const asked = sql.join(batches.slice(start, start + CHUNK).map((batch) => sql`(${batch})`))
          const found = await sql<{ readonly id: string | null }>`
            SELECT (SELECT alert.id FROM alert WHERE alert.batch = asked.column1
              ORDER BY alert.timestamp DESC, alert.id DESC LIMIT 1) AS id
            FROM (VALUES ${asked}) AS asked`.execute(db)
          const ids = found.rows.flatMap(({ id }) => (id === null ? [] : [id]))
          if (ids.length === 0) continue
          const rows = await db.selectFrom('alert').selectAll().where('id', 'in', ids).execute()
          alerts.push(...rows.map(alertOf))
        }
        return alerts
      }),

    standings: (channels) =>
      read(async (db) => {
        const merged = new Map<string, ChannelStanding>()
        for (const part of [...(await lastDelivered(db, channels)), ...(await unsettled(db))]) {
          const known = merged.get(keyOf(part)) ?? part
          merged.set(keyOf(part), {
            ...known,
            ...part,
            pending: Math.max(known.pending, part.pending),
            dead: Math.max(known.dead, part.dead),
          })
        }
        const batches = new Set(channels.map(({ batch }) => batch))
        return [...merged.values()].filter(({ batch }) => batches.has(batch))
      }),
  }
}
