import type { Notice } from '../../alerts/notice.ts'
import { formatDuration } from '../../core/duration.ts'
import { formatTimestamp } from '../../core/timestamp.ts'
import type { JobName, Run } from '../../runs/run.ts'
import { partOf, subjectOf } from './run-subject.ts'
import type { Sensor, SensorServices } from './sensor.ts'

/** Up to where failed runs have been looked at, by their end. */
const CURSOR = 'run-failure:until'
/** Processes do not record ends in the order of their clocks: those of so long before, of real time, are looked at again. */
const OVERLAP = 15_000
/** What the very first look takes for news, real ms. */
const FIRST_LOOK = 600_000
const PAGE = 200
const LOG_LINES = 8
/** Counted up to here. */
const MOST_FAILURES = 1_000
const MOST_SEEN = 10_000
/** Recoveries looked for in one check. */
const AT_ONCE = 500

/** Tells of failed runs. */
export function runFailure(services: SensorServices): Sensor {
  const { control, clock, notices, project } = services
  const { runs, notes } = control
  const seen = new Set<string>()
  let turn = 0

  /** The newest success of each, by subject. */
  async function successes(of: Iterable<Pick<Run, 'job' | 'batch'>>): Promise<ReadonlyMap<string, number>> {
    const batches = new Map<JobName, Set<string>>()
    for (const { job, batch = '' } of of) batches.set(job, (batches.get(job) ?? new Set()).add(batch))
    const ends = new Map<string, number>()
    for (const [job, names] of batches) {
      if (names.delete('')) {
        const run = await runs.latest({ job, batch: '', status: 'succeeded' })
        if (run !== undefined) ends.set(subjectOf(run), run.endedAt ?? 0)
      }
      for (const run of await runs.newest({ batches: [...names], jobs: [job], status: 'succeeded' }))
        ends.set(subjectOf(run), run.endedAt ?? 0)
    }
    return ends
  }

  async function recover(notice: Notice, at: number): Promise<void> {
    const { job, batch = '' } = partOf(notice.subject)
    const failed = await runs.list({ job, batch, status: 'failed', limit: MOST_FAILURES })
    const within = failed.filter(
      ({ endedAt = 0, trigger }) => trigger !== 'fan-out' && endedAt >= notice.since && endedAt <= at,
    )
    const count = Math.max(1, within.length)
    const times =
      count === 1 ? '1 failure' : `${count === MOST_FAILURES ? 'more than ' : ''}${count} failures`
    await notices.resolve(notice, {
      title: `✅ ${named({ job, batch })} works again (${formatTimestamp(at)}) ✅`,
      text: `It works again after ${times} since ${formatTimestamp(notice.since)} (${formatDuration(
        Math.round((at - notice.since) / 1000) * 1000,
      )}).`,
      ...(notice.link === undefined ? {} : { link: notice.link }),
    })
  }

  async function tell(run: Run, opened: Map<string, Notice>, late: boolean): Promise<void> {
    const subject = subjectOf(run)
    const endedAt = run.endedAt ?? clock.now()
    const open = opened.get(subject)
    if (open !== undefined || late) {
      const success = (await successes([run])).get(subject)
      if (open === undefined) {
        if (success !== undefined && success > endedAt) return
      } else {
        if (success === undefined || success <= open.since || success > endedAt) return
        await recover(open, success)
      }
    }
    const { code, message } = run.error ?? { code: 'JOB_FAILED', message: 'it failed without a reason' }
    const lines = (await runs.logs(run.id, { limit: LOG_LINES })).map(
      ({ at, level, message: said }) => `${new Date(at).toISOString().slice(11, 19)} ${level} ${said}`,
    )
    await notices.open({
      kind: 'run-failed',
      subject,
      since: endedAt,
      title: `❌ ${named(run)} failed (${formatTimestamp(endedAt)}) ❌`,
      text: [
        `${code}: ${message}`,
        ...(lines.length === 0 ? [] : ['', 'Last lines of its log:', ...lines]),
        '',
        'Further failures are not told of until it succeeds.',
      ].join('\n'),
      link: `/runs/${encodeURIComponent(run.id)}`,
      details: {
        run: run.id,
        job: run.job,
        batch: run.batch ?? null,
        code,
        message,
        attempt: run.attempt,
        trigger: run.trigger,
      },
    })
    const mine = (await notices.opened('run-failed')).get(subject)
    if (mine !== undefined) opened.set(subject, mine)
  }

  async function lookAtFailures(): Promise<void> {
    const note = await notes.get(CURSOR)
    const now = clock.now()
    const speed = project().server.clockSpeed
    const until = typeof note === 'number' ? Math.min(note, now) : undefined
    const opened = new Map(await notices.opened('run-failed'))
    let after = { at: until === undefined ? now - FIRST_LOOK * speed : until - OVERLAP * speed, id: '' }
    let newest = until ?? 0
    for (;;) {
      const failed = await runs.failedSince({ after, limit: PAGE })
      for (const run of failed) {
        const at = run.endedAt ?? 0
        if (!seen.has(run.id)) await tell(run, opened, until !== undefined && at <= until)
        if (seen.size >= MOST_SEEN) seen.clear()
        seen.add(run.id)
        newest = Math.max(newest, at)
        after = { at, id: run.id }
      }
      if (failed.length < PAGE) break
    }
    if (newest !== (until ?? 0) || note === undefined) await notes.set(CURSOR, newest || now, now)
  }

  async function lookAtRecoveries(): Promise<void> {
    const opened = [...(await notices.opened('run-failed')).values()]
    if (opened.length === 0) return
    // When everything fails at once, some are looked at each time.
    turn = turn >= opened.length ? 0 : turn
    const looked = opened.slice(turn, turn + AT_ONCE)
    turn += AT_ONCE
    const parts = new Map(looked.map((notice) => [notice, partOf(notice.subject)]))
    const ends = await successes(parts.values())
    for (const [notice, { batch }] of parts) {
      const success = ends.get(notice.subject)
      if (success !== undefined && success > notice.since) await recover(notice, success)
      // Nothing of it will ever succeed.
      else if (batch !== undefined && !project().batches.has(batch)) await notices.resolve(notice)
    }
  }

  return {
    name: 'run-failure',
    summary: 'Tells of a run that failed, once until its job and batch succeed again, and then of that.',
    everyMs: 3_000,
    scope: 'cluster',
    async check() {
      await lookAtFailures()
      await lookAtRecoveries()
    },
  }
}

function named({ job, batch = '' }: Pick<Run, 'job' | 'batch'>): string {
  return batch === '' ? `[${job}]` : `[${batch}] ${job}`
}
