import type { Control } from '../../control/control.ts'
import { systemClock } from '../../core/clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { holdLease } from './lease.ts'
import type { Sensor } from './sensor.ts'

export interface Sensors {
  /** Of these names only, where they are given. */
  start(only?: readonly string[]): void
  /** Breaks off what is being checked. */
  stop(): Promise<void>
}

export interface SensorsOptions {
  readonly sensors: readonly Sensor[]
  readonly control: Pick<Control, 'notes'>
  readonly logger: Logger
  /** Unique among all processes. */
  readonly holder: string
}

const TIMEOUT = 30_000
/** The first check comes soon, but not in the midst of the start. */
const FIRST = 1_000
/** Real ms from a poke to the check. */
const AFTER_POKE = 100
/** What was broken off gets so long to end. */
const PATIENCE = 2_000

/** Runs sensors, each in its own time: one that fails or hangs does not hold up the others. */
export function createSensors({ sensors, control, logger, holder }: SensorsOptions): Sensors {
  const stopping = new AbortController()
  const checking = new Set<Promise<void>>()
  let loops: Promise<unknown> | undefined

  async function checkOnce(sensor: Sensor): Promise<void> {
    const timeoutMs = sensor.timeoutMs ?? TIMEOUT
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = AbortSignal.any([stopping.signal, timeout])
    const check = sensor.check({ signal })
    const settled = check
      .then(
        () => {},
        () => {},
      )
      .finally(() => checking.delete(settled))
    checking.add(settled)
    await Promise.race([
      check,
      new Promise<never>((_, reject) =>
        signal.addEventListener(
          'abort',
          () =>
            reject(timeout.aborted ? new Error(`it took longer than ${timeoutMs / 1000} s`) : signal.reason),
          { once: true },
        ),
      ),
    ])
  }

  async function run(sensor: Sensor): Promise<void> {
    let poked = new AbortController()
    const unwatch = sensor.watch?.(() => poked.abort())
    const leaseMs = 3 * sensor.everyMs + (sensor.timeoutMs ?? TIMEOUT)
    const lease = holdLease(control.notes, { name: `sensor:${sensor.name}`, holder, leaseMs })
    let problem: string | undefined
    await systemClock.sleep(Math.random() * Math.min(FIRST, sensor.everyMs), stopping.signal)
    while (!stopping.signal.aborted) {
      // Before the check, so that a poke during it is not lost.
      poked = new AbortController()
      try {
        if (sensor.scope === 'process' || (await lease.take())) await checkOnce(sensor)
        problem = undefined
      } catch (error) {
        if (stopping.signal.aborted) break
        const message = messageOf(error)
        // What goes on failing is said once.
        if (message !== problem)
          logger.log('warn', 'sensor failed', { sensor: sensor.name, problem: message })
        problem = message
      }
      const pause = sensor.everyMs * (0.9 + 0.2 * Math.random())
      await systemClock.sleep(pause, AbortSignal.any([stopping.signal, poked.signal]))
      // Things seldom happen alone.
      if (poked.signal.aborted) await systemClock.sleep(AFTER_POKE, stopping.signal)
    }
    unwatch?.()
    await lease.release()
  }

  return {
    start(only) {
      const wanted = sensors.filter(({ name }) => only === undefined || only.includes(name))
      loops ??= Promise.all(wanted.map(run))
    },
    async stop() {
      stopping.abort()
      await loops
      const patience = new AbortController()
      await Promise.race([
        Promise.all(checking).then(() => patience.abort()),
        systemClock.sleep(PATIENCE, patience.signal),
      ])
    },
  }
}
