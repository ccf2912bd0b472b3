import { LRUCache } from 'lru-cache'
import type { Alert } from '../alerts/alert.ts'
import type { AlertStore, Control } from '../control/control.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { withDeadline } from './views/deadline.ts'

/** A control database whose reads are answered with what they gave last while it is away. */
export interface LastKnown {
  readonly control: Control
  /** Since when the control database has been away, UTC epoch ms; undefined while it answers. */
  awaySince(): number | undefined
  /** Looks whether a control database that was away is back; returns soon, whatever comes of it. */
  look(): Promise<void>
  /** Tells of an error that somebody had; one that means that the control database is away counts. */
  notice(error: unknown): void
}

export interface LastKnownOptions {
  readonly control: Control
  readonly now: () => number
  readonly logger: Logger
}

const MOST_ANSWERS = 2_000
/** A read that takes longer counts as none, in real ms. */
const PATIENCE_MS = 4_000
/** How long a request waits for the control database to be back, in real ms. */
const LOOK_MS = 250
const WHAT = 'reading the control database'

type AlertFilter = Parameters<AlertStore['ofBatch']>[0]

export function createLastKnown({ control, now, logger }: LastKnownOptions): LastKnown {
  const answers = new LRUCache<string, { readonly value: unknown }>({ max: MOST_ANSWERS })
  const histories = new LRUCache<string, { readonly since: number; readonly alerts: readonly Alert[] }>({
    max: MOST_ANSWERS,
  })
  let since: number | undefined
  let looking: Promise<void> | undefined

  function notice(error: unknown): void {
    if (since !== undefined || !isAway(error)) return
    since = now()
    logger.log('error', 'the control database is away; what was read last is shown', {
      problem: messageOf(error),
    })
  }

  /** The answer of the control database; undefined while it is away. */
  async function fresh<Result>(read: () => Promise<Result>): Promise<{ readonly value: Result } | undefined> {
    if (since !== undefined) return undefined
    try {
      return { value: await withDeadline(read(), PATIENCE_MS, WHAT) }
    } catch (error) {
      if (!isAway(error)) throw error
      notice(error)
      return undefined
    }
  }

  const remembered =
    <Args extends readonly unknown[], Result>(
      name: string,
      read: (...args: Args) => Promise<Result>,
      keyOf: (...args: Args) => unknown = (...args) => args,
    ) =>
    async (...args: Args): Promise<Result> => {
      const key = `${name} ${JSON.stringify(keyOf(...args))}`
      const answer = await fresh(() => read(...args))
      if (answer !== undefined) answers.set(key, answer)
      return ((answer ?? answers.get(key) ?? notKnown(since)) as { readonly value: Result }).value
    }

  /** By batch alone: `since` moves on with every request, and what is known from an earlier time on says the same. */
  async function ofBatch(filter: AlertFilter): Promise<readonly Alert[]> {
    const key = JSON.stringify([filter.batch, filter.kinds])
    const known = histories.get(key)
    const answer = await fresh(() => control.alerts.ofBatch(filter))
    if (answer === undefined)
      return (known ?? notKnown(since)).alerts.filter((alert) => alert.timestamp >= filter.since)
    const before = known?.alerts.filter((alert) => alert.timestamp < filter.since) ?? []
    histories.set(key, {
      since: Math.min(filter.since, known?.since ?? filter.since),
      alerts: [...before, ...answer.value],
    })
    return answer.value
  }

  const { runs, alerts, schedules, notes, notices } = control
  return {
    awaySince: () => since,
    notice,
    async look() {
      if (since === undefined) return
      looking ??= runs
        .list({ limit: 1 })
        .then(
          () => {
            since = undefined
            logger.log('info', 'the control database is back')
          },
          () => {},
        )
        .finally(() => {
          looking = undefined
        })
      await withDeadline(looking, LOOK_MS, WHAT).catch(() => {})
    },
    control: {
      ...control,
      runs: {
        ...runs,
        get: remembered('run', runs.get),
        list: remembered('runs', runs.list),
        newest: remembered('newest runs', runs.newest),
        steps: remembered('steps', runs.steps),
        logs: remembered('logs', runs.logs),
        logPage: remembered('log page', runs.logPage),
        latest: remembered('latest run', runs.latest),
        executors: remembered('executors', runs.executors),
      },
      alerts: {
        ...alerts,
        ofBatch,
        get: remembered('alert', alerts.get),
        list: remembered('alerts', alerts.list),
        newest: remembered('newest alerts', alerts.newest),
        standings: remembered('standings', alerts.standings),
        deliveries: remembered('deliveries', alerts.deliveries),
      },
      schedules: {
        ...schedules,
        states: remembered('schedules', schedules.states),
        stateChanges: remembered('schedule changes', schedules.stateChanges),
        // Asked for up to now, which moves on with every request.
        lastTicks: remembered('last ticks', schedules.lastTicks, (ids) => ids),
        ticks: remembered('ticks', schedules.ticks),
      },
      notes: { ...notes, get: remembered('note', notes.get), list: remembered('notes', notes.list) },
      notices: {
        ...notices,
        get: remembered('notice', notices.get),
        list: remembered('notices', notices.list),
        opened: remembered('open notices', notices.opened),
      },
    },
  }
}

function isAway(error: unknown): boolean {
  return (
    error instanceof AnomstackError &&
    error.retryable &&
    (error.code === 'CONTROL_FAILED' || (error.code === 'TIMED_OUT' && error.message.startsWith(WHAT)))
  )
}

function notKnown(since: number | undefined): never {
  throw awayError(since, 'and this has not been read before')
}

/** What everybody is told who asks for more than is remembered. */
export function awayError(since: number | undefined, consequence: string): AnomstackError {
  const when = since === undefined ? 'just now' : `since ${new Date(since).toISOString()}`
  return new AnomstackError(
    'CONTROL_FAILED',
    `the control database has been unreachable ${when}, ${consequence}; try again later`,
  )
}
