import { formatDuration } from '../../core/duration.ts'
import { formatTimestamp } from '../../core/timestamp.ts'
import type { Run } from '../../runs/run.ts'
import type { Sensor, SensorServices } from './sensor.ts'

const MOST = 1_000
/** An executor that was heard of so recently, in real ms, is at work. */
const ALIVE = 30_000

/** Tells of runs that take too long, and of queues that do not move. It stops nothing: the longest runtime does. */
export function stuckRuns({ control, clock, notices, project }: SensorServices): Sensor {
  const told = new Set<string>()

  /** What `stuckAfterMs` of real time is on the program's clock. */
  function patience(): number {
    const { stuckAfterMs, clockSpeed } = project().server
    return stuckAfterMs * clockSpeed
  }

  async function lookAtRunning(now: number): Promise<void> {
    const running = await control.runs.list({ status: 'running', limit: MOST })
    for (const run of running) {
      const startedAt = run.startedAt ?? now
      const key = `${run.id} ${run.attempt}`
      if (now - startedAt <= patience() || told.has(key)) continue
      await notices.open({
        kind: 'run-stuck',
        subject: `run:${run.id}`,
        since: startedAt,
        title: `🐌 ${named(run)} has been running for ${age(now - startedAt)} (${formatTimestamp(startedAt)}) 🐌`,
        text: `Runs are expected to end within ${age(patience())}. It goes on, until it ends or is canceled.`,
        link: `/runs/${encodeURIComponent(run.id)}`,
        details: { run: run.id, job: run.job, batch: run.batch ?? null, attempt: run.attempt },
      })
      told.add(key)
    }
    await forgetEnded(running)
  }

  /** A run that was started again, or has ended, is not stuck any more; how it ended is told by others. */
  async function forgetEnded(running: readonly Run[]): Promise<void> {
    const startedAt = new Map(running.map((run) => [`run:${run.id}`, run.startedAt]))
    for (const [subject, notice] of await notices.opened('run-stuck'))
      if (subject.startsWith('run:') && startedAt.get(subject) !== notice.since && running.length < MOST)
        await notices.resolve(notice)
    if (told.size > 2 * MOST) told.clear()
  }

  async function lookAtWaiting(now: number): Promise<void> {
    const waiting = await control.runs.waiting({ before: now - patience(), limit: MOST })
    const queues = new Map<string, Run[]>()
    for (const run of waiting) queues.set(run.queue, [...(queues.get(run.queue) ?? []), run])
    const executors = await control.runs.executors()
    const alive = executors.filter(({ seenAt }) => Date.now() - seenAt < ALIVE)
    if (alive.length > 0)
      for (const [queue, runs] of queues) {
        const [oldest] = runs
        if (oldest === undefined) continue
        const count = runs.length === MOST ? `more than ${MOST}` : String(runs.length)
        await notices.open({
          kind: 'run-stuck',
          subject: `queue:${queue}`,
          since: oldest.queuedAt,
          title: `🐌 queue [${queue}] does not move: ${count} waiting (${formatTimestamp(now)}) 🐌`,
          text: `The oldest, ${named(oldest)}, has been waiting for ${age(now - oldest.queuedAt)}, although ${alive.length} executing ${alive.length === 1 ? 'process is' : 'processes are'} alive. Look for runs that take long, for limits of the queue or of a database, and for processes that take this queue.`,
          link: `/runs/${encodeURIComponent(oldest.id)}`,
          details: { queue, waiting: runs.length, oldest: oldest.id, executors: alive.length },
        })
      }
    for (const [subject, notice] of await notices.opened('run-stuck')) {
      const queue = subject.startsWith('queue:') ? subject.slice('queue:'.length) : undefined
      if (queue === undefined || queues.has(queue)) continue
      await notices.resolve(notice, {
        title: `✅ queue [${queue}] moves again (${formatTimestamp(now)}) ✅`,
        text: `No run has been waiting there for longer than ${age(patience())} any more.`,
      })
    }
  }

  return {
    name: 'stuck-runs',
    summary:
      'Tells of a run that takes longer than it should, and of runs that wait although executors are alive.',
    everyMs: 10_000,
    scope: 'cluster',
    async check() {
      const now = clock.now()
      await lookAtRunning(now)
      await lookAtWaiting(now)
    },
  }
}

function named({ job, batch = '' }: Pick<Run, 'job' | 'batch'>): string {
  return batch === '' ? `[${job}]` : `[${batch}] ${job}`
}

/** To the second. */
function age(ms: number): string {
  return formatDuration(Math.max(1_000, Math.round(ms / 1000) * 1000))
}
