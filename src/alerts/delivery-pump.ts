import type { Channel, Message } from '../channels/channel.ts'
import type { AlertStore, DeliveryOutcome, DueDelivery } from '../control/control.ts'
import { type Clock, systemClock } from '../core/clock.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Alert, Delivery } from './alert.ts'
import type { Notice } from './notice.ts'

/** Takes due deliveries to their channels until it is stopped, and once on request. */
export interface DeliveryPump {
  /** Delivers what is due now, and what becomes due meanwhile; returns how many were delivered. */
  drain(signal: AbortSignal): Promise<number>
  /** Keeps delivering in the background. */
  start(): void
  /** Looks for due deliveries at once: an alert was raised. */
  wake(): void
  /** Ends after the sends that are under way, or aborts them after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export interface DeliveryPumpOptions {
  readonly alerts: AlertStore
  readonly clock: Clock
  readonly logger: Logger
  /** How many times as fast as real time the clock runs. */
  readonly clockSpeed: number
  readonly executor: string
  /** undefined for a channel that is not configured (any more). */
  readonly channel: (name: string) => Channel | undefined
  readonly compose: (alert: Alert, delivery: Delivery, signal: AbortSignal) => Promise<Message>
  readonly composeNotice: (notice: Notice, delivery: Delivery) => Message
}

/** Waits between attempts, in ms: half a day of attempts before a delivery is dead. */
const BACKOFF = [
  5_000, 15_000, 60_000, 180_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 14_400_000,
]
const SEND_TIMEOUT = 60_000
/** Of real time: longer than a send can take, so that nobody else takes a delivery that is under way. */
const LEASE = SEND_TIMEOUT + 30_000
const AT_ONCE = 4
/** Other processes may raise alerts: look at least this often. */
const LOOK_EVERY = 2_000

/** A pump over the control database; several processes may run one each. */
export function createDeliveryPump(options: DeliveryPumpOptions): DeliveryPump {
  const { alerts, clock, logger, executor } = options
  const stopping = new AbortController()
  const aborting = new AbortController()
  let wakeUp = new AbortController()
  let loop: Promise<void> | undefined

  async function deliver(delivery: DueDelivery, signal: AbortSignal): Promise<boolean> {
    const outcome = await attempt(delivery, signal)
    if (outcome === undefined) return false
    await alerts.settle(delivery.id, outcome)
    const isAlert = 'alert' in delivery
    const what = isAlert ? 'alert' : 'notice'
    const fields = {
      [what]: delivery.alertId,
      channel: delivery.channel,
      ...(isAlert
        ? { batch: delivery.alert.batch, metric: delivery.alert.metric }
        : { kind: delivery.notice.kind, subject: delivery.notice.subject }),
    }
    if (outcome.status === 'delivered') logger.log('info', `${what} delivered`, fields)
    else
      logger.log(
        outcome.status === 'pending' ? 'warn' : 'error',
        `${what} not delivered (${outcome.status})`,
        {
          ...fields,
          problem: outcome.problem,
        },
      )
    return outcome.status === 'delivered'
  }

  async function attempt(delivery: DueDelivery, signal: AbortSignal): Promise<DeliveryOutcome | undefined> {
    const channel = options.channel(delivery.channel)
    if (channel === undefined)
      return { status: 'skipped', problem: `channel "${delivery.channel}" is not configured` }
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT)])
      const message =
        'alert' in delivery
          ? await options.compose(delivery.alert, delivery, limited)
          : options.composeNotice(delivery.notice, delivery)
      await channel.send(message, { signal: limited })
      return { status: 'delivered', now: clock.now() }
    } catch (error) {
      if (signal.aborted)
        return { status: 'pending', dueAt: clock.now(), problem: 'interrupted; sent again at the next start' }
      const problem = messageOf(error)
      const wait = BACKOFF[delivery.attempts]
      const retryable = !(error instanceof AnomstackError) || error.retryable
      if (!retryable || wait === undefined) return { status: 'dead', problem }
      return { status: 'pending', dueAt: clock.now() + wait, problem }
    }
  }

  async function drain(signal: AbortSignal): Promise<number> {
    let delivered = 0
    while (!signal.aborted && !stopping.signal.aborted) {
      const due = await alerts.takeDue({
        now: clock.now(),
        executor,
        leaseMs: LEASE * options.clockSpeed,
        limit: AT_ONCE,
      })
      if (due.length === 0) break
      const outcomes = await Promise.all(due.map((delivery) => deliver(delivery, signal)))
      delivered += outcomes.filter(Boolean).length
    }
    return delivered
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wakeUp = new AbortController()
      try {
        await drain(aborting.signal)
      } catch (error) {
        logger.log('error', 'deliveries could not be read or recorded', { problem: messageOf(error) })
      }
      // In real time: how often the database is asked does not depend on a clock that runs fast.
      await systemClock.sleep(LOOK_EVERY, AbortSignal.any([wakeUp.signal, stopping.signal]))
    }
  }

  return {
    drain,
    start() {
      loop ??= run()
    },
    wake() {
      wakeUp.abort()
    },
    async stop(graceMs) {
      stopping.abort()
      const timer = setTimeout(() => aborting.abort(), graceMs)
      await loop
      clearTimeout(timer)
    },
  }
}
