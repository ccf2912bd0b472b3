import type { ExecutorInfo, RunStore } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Run } from '../runs/run.ts'
import { isDead, isProcessAlive, LIVENESS, type LivenessLimits } from './liveness.ts'

/** Lets others know that this executor lives, and looks after the runs of those that do not. */
export interface Presence {
  /** Returns when the executor is on record and the dead have been looked for; every call needs its `leave`. */
  enter(): Promise<void>
  /** After the last one, the executor is off the record again. */
  leave(): Promise<void>
  /** A check for a run that was claimed just now: it throws `CONFLICT` once there was no sign of life for so long that others may have taken the run over, and
   * from then on for good, for later signs of life do not bring it back. */
  hold(): () => void
  /** Gives a sign of life if the last was so long ago that others may take over what runs here. Errors: those of the control database. */
  prove(): Promise<void>
}

export interface PresenceOptions {
  readonly runs: RunStore
  readonly executor: ExecutorInfo
  readonly clock: Clock
  readonly logger: Logger
  /** How many processes a run may take down with it before it is given up. */
  readonly maxAttempts: number
  readonly limits?: LivenessLimits
  /** Called with runs, as they were, that were taken from processes that died. */
  readonly onRecovered: (runs: readonly Run[]) => void
}

/** Executors that are present in this process: of them it knows without asking. */
const ours = new Set<string>()

export function createPresence({
  runs,
  executor,
  clock,
  logger,
  maxAttempts,
  onRecovered,
  limits = LIVENESS,
}: PresenceOptions): Presence {
  let entered = 0
  let timer: NodeJS.Timeout | undefined
  let beating: Promise<void> | undefined
  let seenAt = 0
  let watchingSince = 0
  /** Of a clock that nobody sets, and that goes on while the process is stopped. */
  let lastSign = Number.NEGATIVE_INFINITY
  /** How often others may have taken over all that ran here. */
  let lapses = 0

  const lapsed = () => performance.now() - lastSign >= limits.leaseMs

  /** Real time throughout: a clock that runs fast does not make processes die sooner. */
  async function beat(): Promise<void> {
    const now = Date.now()
    if (seenAt > 0 && (now < seenAt || now - seenAt > 5 * limits.heartbeatMs)) watchingSince = now
    seenAt = now
    const sent = performance.now()
    await runs.heartbeat(executor, now)
    if (lapsed()) lapses++
    lastSign = sent
    const observer = {
      host: executor.host,
      pid: executor.pid,
      now,
      watchingSince,
      ours,
      isAlive: isProcessAlive,
    }
    const recovered = await runs.recover({
      now: clock.now(),
      maxAttempts,
      isDead: (other) => isDead(other, observer, limits),
    })
    if (recovered.length === 0) return
    logger.log('warn', 'took over the runs of processes that died', { runs: recovered.length })
    onRecovered(recovered)
  }

  function beatOnce(): Promise<void> {
    beating ??= beat().finally(() => {
      beating = undefined
    })
    return beating
  }

  function beatInBackground(): void {
    if (beating !== undefined) return
    beatOnce().catch((error: unknown) =>
      logger.log('error', 'the heartbeat could not be recorded', { problem: messageOf(error) }),
    )
  }

  return {
    hold() {
      const before = lapses
      return () => {
        if (lapses > before || lapsed()) throw notHeld()
      }
    },
    async prove() {
      if (lapsed()) await beatOnce()
    },
    async enter() {
      entered++
      if (entered > 1) return
      ours.add(executor.id)
      try {
        await beatOnce()
        timer = setInterval(beatInBackground, limits.heartbeatMs).unref()
      } catch (error) {
        entered--
        ours.delete(executor.id)
        throw error
      }
    },
    async leave() {
      entered--
      if (entered > 0) return
      clearInterval(timer)
      await beating?.catch(() => {})
      ours.delete(executor.id)
      try {
        await runs.retire(executor.id)
      } catch (error) {
        // The next process to look finds this one dead.
        logger.log('warn', 'the end of this process could not be recorded', { problem: messageOf(error) })
      }
    },
  }
}

/** Whether the check of a hold would let its run write. */
export function isHeld(assertHeld: () => void): boolean {
  try {
    assertHeld()
    return true
  } catch {
    return false
  }
}

const notHeld = () =>
  new AnomstackError(
    'CONFLICT',
    'this process stood still, or could not reach the control database, for so long that others may have taken over its runs: nothing more is written',
    { retryable: true },
  )
