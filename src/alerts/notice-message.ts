import { z } from 'zod'
import type { Message } from '../channels/channel.ts'
import { formatTimestamp } from '../core/timestamp.ts'
import type { Notice } from './notice.ts'

const tableDetail = z.object({
  text: z.string(),
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
})

/** What a notice says in rows and columns, if it does. */
function tableOf({ details }: Notice): Pick<Message, 'table'> {
  const { data } = tableDetail.safeParse(details.table)
  return data === undefined ? {} : { table: data }
}

/** The message of a notice, the same for every channel. It has no picture. */
export function composeNotice(
  notice: Notice,
  { deliveryId, publicUrl }: { readonly deliveryId: string; readonly publicUrl: string },
): Message {
  return {
    id: deliveryId,
    kind: notice.phase === 'resolved' ? 'resolved' : notice.kind,
    title: notice.title,
    text: notice.text,
    tags:
      notice.kind === 'summary'
        ? {}
        : { notice: notice.kind, subject: notice.subject, since: formatTimestamp(notice.since) },
    ...tableOf(notice),
    ...(notice.link === undefined ? {} : { link: `${publicUrl.replace(/\/+$/, '')}${notice.link}` }),
    details: {
      ...notice.details,
      id: notice.id,
      kind: notice.kind,
      phase: notice.phase,
      subject: notice.subject,
      since: new Date(notice.since).toISOString(),
    },
    raisedAt: notice.raisedAt,
  }
}
