import type { Batch } from '../../config/project.ts'
import type { ChannelStanding } from '../../control/control.ts'
import { formatTimestamp } from '../../core/timestamp.ts'
import { batchSchedules, type ScheduledJob } from '../schedules.ts'
import { tickAfter } from './overdue-plan.ts'
import type { Sensor, SensorServices } from './sensor.ts'

const NAMED = 10

/** Batches whose alerts a channel has not delivered for too long. */
interface Backlog {
  since: number
  readonly batches: string[]
}

/** Tells of channels that have not delivered a batch's alerts for `overdue_after_n` periods. A channel that is down is one matter, however many batches use it. */
export function overdueDeliveries({ project, control, clock, notices }: SensorServices): Sensor {
  async function backlogs(now: number): Promise<ReadonlyMap<string, Backlog>> {
    const { batches, channels } = project()
    const asked = [...batches.values()].flatMap((batch) =>
      methodsOf(batch)
        .filter((name) => channels.get(name)?.configured === true)
        .map((channel) => ({ batch: batch.name, channel })),
    )
    const found = new Map<string, Backlog>()
    for (const standing of await control.alerts.standings(asked)) {
      const batch = batches.get(standing.batch)
      const since = waitsSince(standing)
      const schedule = batch && judgingSchedule(batch)
      if (batch === undefined || since === undefined || schedule === undefined) continue
      if (channels.get(standing.channel)?.configured !== true) continue
      if (tickAfter(schedule, since, batch.settings.overdue_after_n) > now) continue
      const known = found.get(standing.channel) ?? { since, batches: [] }
      known.since = Math.min(known.since, since)
      known.batches.push(batch.name)
      found.set(standing.channel, known)
    }
    return found
  }

  return {
    name: 'overdue-deliveries',
    summary: "Tells of a channel that has not delivered a batch's alerts for `overdue_after_n` periods.",
    everyMs: 120_000,
    timeoutMs: 120_000,
    scope: 'cluster',
    async check() {
      const now = clock.now()
      const late = await backlogs(now)
      for (const [channel, { since, batches }] of late) {
        const shown = batches.slice(0, NAMED).join(', ')
        const more = batches.length > NAMED ? ` and ${batches.length - NAMED} more` : ''
        await notices.open({
          kind: 'overdue',
          subject: `channel:${channel}`,
          since,
          title: `⌛ channel [${channel}] does not deliver (${formatTimestamp(now)}) ⌛`,
          text: `Alerts have been waiting for it since ${formatTimestamp(since)}, or were given up. Batches: ${shown}${more}.`,
          link: '/alerts',
          details: { channel, batches: batches.slice(0, NAMED), count: batches.length },
        })
      }
      for (const [subject, open] of await notices.opened('overdue')) {
        if (!subject.startsWith('channel:')) continue
        const channel = subject.slice('channel:'.length)
        if (late.has(channel)) continue
        await notices.resolve(open, {
          title: `✅ channel [${channel}] delivers again (${formatTimestamp(now)}) ✅`,
          text: `No alert has been waiting for it for too long any more, since ${formatTimestamp(open.since)}.`,
        })
      }
    },
  }
}

function methodsOf({ settings }: Batch): readonly string[] {
  const names = `${settings.alert_methods},${settings.tholdalert_methods}`
    .split(',')
    .map((name) => name.trim())
  return [...new Set(names)].filter((name) => name !== '')
}

/** Since when something waits that nothing has gone out after. */
function waitsSince({ pendingSince, deadSince, deliveredAt }: ChannelStanding): number | undefined {
  const dead = deadSince !== undefined && (deliveredAt === undefined || deliveredAt < deadSince)
  return pendingSince ?? (dead ? deadSince : undefined)
}

/** The schedule that a batch's alerts come from; that of its ingest where it has none. */
function judgingSchedule(batch: Batch): ScheduledJob | undefined {
  const schedules = batchSchedules(batch)
  return (['pipeline', 'alert', 'ingest'] as const)
    .map((job) => schedules.find((schedule) => schedule.job === job && schedule.enabled))
    .find((schedule) => schedule !== undefined)
}
