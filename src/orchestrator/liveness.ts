import { hostname } from 'node:os'
import type { ExecutorInfo } from '../control/control.ts'
import { createId } from '../control/ids.ts'

/** After which times, in real ms, something is concluded from the signs of life of executors. */
export interface LivenessLimits {
  /** How often an executor says that it lives. */
  readonly heartbeatMs: number
  /** An executor may write for so long after its last sign of life; less than what follows. */
  readonly leaseMs: number
  /** An executor whose process cannot be asked after is dead when it was not seen for so long. */
  readonly silentMs: number
  /** The number of a process that died may belong to another by now; a process that is merely stopped or overloaded deserves patience. */
  readonly silentThoughAliveMs: number
}

export const LIVENESS: LivenessLimits = {
  heartbeatMs: 2_000,
  leaseMs: 20_000,
  silentMs: 30_000,
  silentThoughAliveMs: 120_000,
}

export interface Observer {
  readonly host: string
  readonly pid: number
  /** Real time, UTC epoch ms. */
  readonly now: number
  /** Since when this process has been looking without a pause, real time: right after a pause of the whole machine nobody has been seen. */
  readonly watchingSince: number
  /** Executors that this very process runs. */
  readonly ours: ReadonlySet<string>
  readonly isAlive: (pid: number) => boolean
}

/** Whether an executor will never end the runs that it holds. */
export function isDead(
  executor: ExecutorInfo & { readonly seenAt: number },
  observer: Observer,
  { silentMs, silentThoughAliveMs }: LivenessLimits = LIVENESS,
): boolean {
  if (observer.ours.has(executor.id)) return false
  const silence = observer.now - Math.max(executor.seenAt, observer.watchingSince)
  if (executor.host !== observer.host) return silence > silentMs
  // A restarted container often gets its predecessor's process number.
  if (executor.pid === observer.pid) return true
  return !observer.isAlive(executor.pid) || silence > silentThoughAliveMs
}

/** Whether a process of this machine exists. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** A new executor in this process. */
export function newExecutor(): ExecutorInfo {
  return { id: createId(Date.now()), host: hostname(), pid: process.pid }
}
