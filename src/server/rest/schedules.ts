import { Hono } from 'hono'
import { z } from 'zod'
import type { Tick } from '../../control/control.ts'
import { AnomstackError } from '../../core/errors.ts'
import { type ListedSchedule, listSchedules } from '../../orchestrator/schedule-list.ts'
import { schedulesOf } from '../../orchestrator/schedule-state.ts'
import { projectSchedules, type ScheduledJob } from '../../orchestrator/schedules.ts'
import { JOB_NAMES } from '../../runs/run.ts'
import type { ServerContext } from '../context.ts'
import type { PageBody } from './bodies.ts'
import { limitParameter, readQuery, timeParameter } from './query.ts'

const scheduleFilter = z.strictObject({
  batch: z.string().optional(),
  job: z.enum(JOB_NAMES).optional(),
  after: z.string().optional(),
  limit: limitParameter,
})

const tickFilter = z.strictObject({
  schedule: z.string().optional(),
  before: timeParameter.optional(),
  limit: limitParameter,
})

export type ScheduleBody = ListedSchedule
export type TickBody = Tick

/** `/schedules`, `/schedules/:id/pause` and `/resume`, and `/ticks`. Schedules are listed in the order of their batches; `next` is the cursor for `after`. */
export function scheduleRoutes(context: ServerContext): Hono {
  const { control, clock } = context.services
  const list = async (schedules: readonly ScheduledJob[]): Promise<readonly ScheduleBody[]> => {
    const listed = await listSchedules(schedules, { store: control.schedules, now: clock.now() })
    return listed.map((schedule) =>
      schedule.last === undefined ? schedule : { ...schedule, last: tickBody(schedule.last, context.redact) },
    )
  }
  const setState = async (id: string, state: 'paused' | 'running'): Promise<PageBody<ScheduleBody>> => {
    await context.services.setSchedule(id, state)
    return { items: await list(schedulesOf(projectSchedules(context.services.project()), id)), next: null }
  }
  const routes = new Hono()
  routes.get('/schedules', async (c) => {
    const { batch, job, after, limit } = readQuery(c, scheduleFilter)
    const all = projectSchedules(context.services.project()).filter(
      (schedule) =>
        (batch === undefined || schedule.batch === batch) && (job === undefined || schedule.job === job),
    )
    const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
    if (start === 0 && after !== undefined)
      throw new AnomstackError('INPUT_INVALID', 'query parameter "after": there is no such schedule any more')
    const items = await list(all.slice(start, start + limit))
    const next = all.length > start + limit ? (items.at(-1)?.id ?? null) : null
    return c.json({ items, next } satisfies PageBody<ScheduleBody>)
  })
  routes.post('/schedules/:id/pause', async (c) => c.json(await setState(c.req.param('id'), 'paused')))
  routes.post('/schedules/:id/resume', async (c) => c.json(await setState(c.req.param('id'), 'running')))
  routes.get('/ticks', async (c) => {
    const { schedule, before, limit } = readQuery(c, tickFilter)
    const ticks = await control.schedules.ticks({
      limit: limit + 1,
      ...(schedule === undefined ? {} : { schedule }),
      ...(before === undefined ? {} : { before }),
    })
    const shown = ticks.slice(0, limit)
    // Ticks of different schedules come at the same time, which then is no place to go on from.
    const more = ticks.length > limit && schedule !== undefined
    const body: PageBody<TickBody> = {
      items: shown.map((tick) => tickBody(tick, context.redact)),
      next: more ? String(shown.at(-1)!.at) : null,
    }
    return c.json(body)
  })
  return routes
}

function tickBody(tick: Tick, redact: (text: string) => string): TickBody {
  return tick.reason === undefined ? tick : { ...tick, reason: redact(tick.reason) }
}
