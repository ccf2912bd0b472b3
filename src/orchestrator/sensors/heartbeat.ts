import { AnomstackError } from '../../core/errors.ts'
import type { Sensor, SensorServices } from './sensor.ts'

const TIMEOUT = 10_000

/** Lets somebody outside know that the program is alive, so that they notice when it is not. */
export function heartbeat({ project, control }: Pick<SensorServices, 'project' | 'control'>): Sensor {
  return {
    name: 'heartbeat',
    summary: 'Calls an address every minute for as long as the program, and its control database, are well.',
    everyMs: 60_000,
    timeoutMs: 2 * TIMEOUT,
    scope: 'process',
    async check({ signal }) {
      const url = project().server.heartbeatUrl
      if (url === undefined) return
      // Without its control database the program fires no schedule and starts no run.
      await control.runs.list({ limit: 1 })
      const limited = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)])
      let response: Response
      try {
        response = await fetch(url, { signal: limited, redirect: 'follow' })
      } catch (cause) {
        // What `fetch` says may hold the address, which may hold a secret.
        throw new AnomstackError('DELIVERY_FAILED', 'the heartbeat address cannot be reached', { cause })
      }
      await response.body?.cancel()
      if (!response.ok)
        throw new AnomstackError(
          'DELIVERY_FAILED',
          `the heartbeat address answered with HTTP ${response.status}`,
        )
    },
  }
}
