import { type App, createApp } from '../app.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import { type ListedSchedule, listSchedules } from '../orchestrator/schedule-list.ts'
import { schedulesOf, setScheduleState } from '../orchestrator/schedule-state.ts'
import { projectSchedules, type ScheduledJob } from '../orchestrator/schedules.ts'
import { columns } from './columns.ts'
import type { ExitCode } from './exit.ts'
import { type Paint, paintFor, printable } from './paint.ts'
import { plural } from './plural.ts'
import { callServer } from './remote-run.ts'
import { reserveOutput } from './reserved-output.ts'
import { findServer } from './running-server.ts'
import { showFaults } from './show-faults.ts'
import { createTerminalLogger } from './terminal-logger.ts'

export type ScheduleAction = 'list' | 'pause' | 'resume'

/** Lists all schedules, or pauses or resumes some, through the project's server when one is running, and lists those. */
export async function schedules(
  action: ScheduleAction,
  ids: readonly string[],
  options: { readonly project: string; readonly json?: boolean },
): Promise<ExitCode> {
  if (action !== 'list' && ids.length === 0)
    throw new AnomstackError('INPUT_INVALID', `which schedules? \`anomstack schedules\` lists their ids`)
  const output = options.json === true ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  try {
    const all = projectSchedules(app.project)
    showFaults(app.project.faults, process.stderr)
    // All or none: a name that is not right is found before anything is changed.
    const named = [...new Set(ids.flatMap((id) => meantBy(id, all)))]
    if (action !== 'list') await change(app, all, { action, ids })
    const shown = ids.length === 0 ? all : named
    const listed = await listSchedules(shown, { store: app.control.schedules, now: app.clock.now() })
    if (output === undefined) process.stdout.write(describe(listed, paintFor(process.stdout)))
    else output.write(`${JSON.stringify(listed, null, 2)}\n`)
    return 0
  } finally {
    await app.close(0)
    output?.release()
  }
}

async function change(
  app: App,
  all: readonly ScheduledJob[],
  { action, ids }: { readonly action: 'pause' | 'resume'; readonly ids: readonly string[] },
): Promise<void> {
  const server = await findServer(app.project)
  for (const id of ids)
    if (server !== undefined)
      await callServer(server.url, `/api/v1/schedules/${encodeURIComponent(id)}/${action}`, {})
    else
      await setScheduleState(app.control.schedules, all, {
        id,
        state: action === 'pause' ? 'paused' : 'running',
        now: app.clock.now(),
      })
}

function meantBy(id: string, all: readonly ScheduledJob[]): readonly ScheduledJob[] {
  try {
    return schedulesOf(all, id)
  } catch (error) {
    throw new AnomstackError('INPUT_INVALID', messageOf(error), { cause: error })
  }
}

const HEAD = ['schedule', 'cron', 'time zone', 'state', 'next tick', 'latest tick']
function describe(listed: readonly ListedSchedule[], paint: Paint): string {
  if (listed.length === 0) return 'There are no schedules.\n'
  const rows = listed.map((schedule) => [
    paint.bold(printable(schedule.id)),
    schedule.cron,
    schedule.timeZone,
    stateText(schedule, paint),
    schedule.problem === undefined ? timeText(schedule.next[0]) : paint.red(printable(schedule.problem)),
    lastText(schedule),
  ])
  const running = listed.filter(({ state }) => state === 'running').length
  return `${columns([HEAD.map((title) => paint.dim(title)), ...rows])}\n${plural(listed.length, 'schedule')}, ${running} running\n`
}

function stateText({ state, file }: ListedSchedule, paint: Paint): string {
  if (state === 'stopped') return paint.dim('stopped')
  if (state === 'paused') return paint.yellow('paused')
  return file === 'STOPPED' ? paint.green('running (resumed)') : paint.green('running')
}

function lastText({ last }: ListedSchedule): string {
  if (last === undefined) return ''
  const reason = last.reason === undefined ? '' : `: ${printable(last.reason)}`
  return `${timeText(last.at)} ${last.outcome}${reason}`
}

const timeText = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at).toISOString().replace('.000Z', 'Z')
