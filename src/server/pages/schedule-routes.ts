import { Hono } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'
import { readQuery } from '../rest/query.ts'
import { readForm } from './form.ts'
import { links } from './links.ts'
import type { PageContext } from './page-context.ts'
import { present } from './present.ts'
import { SCHEDULE_STATES, schedulesPage } from './schedules.ts'

const query = z.object({
  batch: z.string().optional(),
  state: z.enum(SCHEDULE_STATES).optional(),
  skip: z.coerce.number().int().min(0).max(1_000_000).optional(),
})
const stateForm = query.extend({ schedule: z.string(), to: z.enum(['paused', 'running']) })

/** The page of schedules, and its buttons. */
export function schedulePageRoutes(context: PageContext): Hono {
  const routes = new Hono()
  routes.get('/schedules', async (c) => c.html(await schedulesPage(present(readQuery(c, query)), context)))
  routes.post('/schedules/state', async (c) => {
    const form = stateForm.safeParse(await readForm(c))
    if (!form.success)
      throw new AnomstackError('INPUT_INVALID', 'the form does not say what to do with which schedule')
    const { schedule, to, ...back } = form.data
    await context.services.setSchedule(schedule, to)
    return c.redirect(links.schedules(back), 303)
  })
  return routes
}
