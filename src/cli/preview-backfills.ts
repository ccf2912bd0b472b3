import Table from 'cli-table3'
import { z } from 'zod'
import { type App, createApp } from '../app.ts'
import type { Control } from '../control/control.ts'
import { type BackfillPreview, previewBackfill } from '../server/views/backfill-preview.ts'
import type { BackfillOptions } from './backfill-options.ts'
import { chooseBatches } from './choose-batches.ts'
import type { ExitCode } from './exit.ts'
import { printable } from './paint.ts'
import { reserveOutput } from './reserved-output.ts'
import { createTerminalLogger } from './terminal-logger.ts'

/** Points that a thread replays in a second, where no backfill has shown it. */
const USUAL_SPEED = 15_000
/** Earlier backfills that are asked how long they took. */
const ASKED = 10

const replayed = z.object({ points: z.number() })

/** Prints what a backfill of each batch would replay. 1 when the table of one could not be read. */
export async function previewBackfills(options: Omit<BackfillOptions, 'preview'>): Promise<ExitCode> {
  const output = options.json === true ? reserveOutput() : undefined
  const app = await createApp(options.project, {
    logger: (redact) => createTerminalLogger({ least: 'warn', redact }),
  })
  try {
    const chosen = chooseBatches(app.project, options.batch)
    const batches = chosen.flatMap((name) => app.project.batches.get(name) ?? [])
    const services = { database: app.database, clock: app.clock }
    const previews = await previewBackfill({ services, redact: app.redact }, batches, options)
    const speed = await pointsPerSecond(app)
    const items = previews.map((preview) => ({ ...preview, seconds: Math.ceil(preview.points / speed) }))
    if (output !== undefined) output.write(`${JSON.stringify(items, null, 2)}\n`)
    else process.stdout.write(described(items))
    return items.some(({ problem }) => problem !== undefined) ? 1 : 0
  } finally {
    await app.close(0)
    output?.release()
  }
}

/** By the newest backfills that scored anything. */
async function pointsPerSecond({ control, project }: App): Promise<number> {
  const totals = { points: 0, ms: 0 }
  const runs = await control.runs.list({ job: 'backfill', status: 'succeeded', limit: ASKED })
  for (const { id } of runs) {
    const replay = await replayOf(control.runs, id)
    totals.points += replay.points
    totals.ms += replay.ms
  }
  return totals.points > 0 && totals.ms > 0
    ? (totals.points / totals.ms) * 1000
    : USUAL_SPEED * project.server.threads
}

async function replayOf(runs: Control['runs'], id: string): Promise<{ points: number; ms: number }> {
  const step = (await runs.steps(id)).findLast(
    ({ name, status }) => name === 'replay' && status === 'succeeded',
  )
  const { data } = replayed.safeParse(step?.result)
  return step?.endedAt === undefined || data === undefined
    ? { points: 0, ms: 0 }
    : { points: data.points, ms: step.endedAt - step.startedAt }
}

function described(items: readonly (BackfillPreview & { readonly seconds: number })[]): string {
  const table = new Table({
    head: ['batch', 'metrics', 'points', 'from', 'to', 'about'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'left', 'left', 'right'],
  })
  for (const { batch, metrics, points, from, to, seconds, problem } of items)
    table.push(
      problem === undefined
        ? [printable(batch), metrics, points, timeOf(from), timeOf(to), lengthOf(seconds)]
        : [printable(batch), { colSpan: 5, content: printable(problem.detail) }],
    )
  const points = items.reduce((sum, item) => sum + item.points, 0)
  const seconds = items.reduce((sum, item) => sum + item.seconds, 0)
  return `${table.toString()}\n${points} points in about ${lengthOf(seconds)}; nothing was written. Each backfill ingests first, which may add to these.\n`
}

const timeOf = (timestamp: number) => new Date(timestamp).toISOString().slice(0, 16).replace('T', ' ')

function lengthOf(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
