import type { Around } from '../../src/app.ts'
import { AnomstackError } from '../../src/core/errors.ts'
import type { Database } from '../../src/databases/database.ts'

/** Before the call, so that nothing came of it; after it, so that it happened and nobody knows; or never an answer, until the caller gives up. */
export type FaultMode = 'before' | 'after' | 'hang'

export const PARTS = ['database', 'table', 'storage', 'channel', 'alerts', 'runs'] as const
export type Part = (typeof PARTS)[number]

export interface Fault {
  readonly part: Part
  /** Only calls of this method; of any when not given. */
  readonly method?: string
  /** The how-many-eth call since `arm` fails, from 1. Not counted are calls that change nothing where `mode` is `after`, which is then the same
   * as `before`, and those without a signal where it is `hang`: they cannot be given up. */
  readonly nth: number
  readonly mode: FaultMode
}

/** Makes one call to the outside of a program fail. */
export interface Faulty {
  /** For `createApp`. */
  readonly around: Required<Around>
  /** Arms a fault; it happens once. `onHang` is called when a call has begun to hang. */
  arm(fault: Fault, onHang?: () => void): void
  /** Forgets the fault; returns the call that failed, such as `table.upsert`, or undefined when none did. */
  disarm(): string | undefined
}

const CHANGES: Readonly<Record<Part, readonly string[]>> = {
  database: [],
  table: ['ensure', 'upsert', 'deleteBefore', 'deleteRows'],
  storage: ['put', 'delete'],
  channel: ['send'],
  alerts: ['raise', 'markRevised', 'markRecovered', 'saveLook', 'takeDue', 'settle', 'retryDelivery'],
  runs: [
    'enqueue',
    'claim',
    'claimById',
    'finish',
    'requeue',
    'cancel',
    'saveStep',
    'saveLogs',
    'heartbeat',
    'retire',
  ],
}

type Call = (...values: readonly unknown[]) => unknown

/** Around everything of a program that writes, sends or reads outside of its memory. */
export function faulty(): Faulty {
  let armed: { readonly fault: Fault; readonly onHang: () => void } | undefined
  let count = 0
  let fired: string | undefined

  async function pass(
    part: Part,
    name: string,
    { values, call }: { values: readonly unknown[]; call: () => unknown },
  ): Promise<unknown> {
    if (armed === undefined || fired !== undefined || armed.fault.part !== part) return call()
    const { fault, onHang } = armed
    const signal = signalOf(values)
    if (fault.method !== undefined && fault.method !== name) return call()
    if (fault.mode === 'hang' && signal === undefined) return call()
    if (fault.mode === 'after' && !CHANGES[part].includes(name)) return call()
    count++
    if (count !== fault.nth) return call()
    fired = `${part}.${name}`
    if (fault.mode === 'after') await call()
    if (fault.mode !== 'hang')
      throw new AnomstackError('WRITE_FAILED', `planted: ${fired} fails (${fault.mode})`, { retryable: true })
    onHang()
    await new Promise<void>((resolve) => {
      if (signal?.aborted) resolve()
      else signal?.addEventListener('abort', () => resolve(), { once: true })
    })
    throw signal?.reason instanceof Error ? signal.reason : new AnomstackError('CANCELED', 'canceled')
  }

  function guard<Guarded extends object>(part: Part, guarded: Guarded): Guarded {
    return new Proxy(guarded, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function' || key === 'close' || typeof key === 'symbol') return member
        const method = member as Call
        // Lists come as iterables, not as promises.
        if (part === 'storage' && key === 'list') return method.bind(target)
        return (...values: readonly unknown[]) =>
          pass(part, key, { values, call: () => method.apply(target, [...values]) })
      },
    })
  }

  return {
    around: {
      control: (control) => ({
        runs: guard('runs', control.runs),
        alerts: guard('alerts', control.alerts),
        schedules: control.schedules,
        notes: control.notes,
        notices: control.notices,
        close: () => control.close(),
      }),
      database(database) {
        const guarded: Pick<Database, 'query'> = guard('database', {
          query: (sql, options) => database.query(sql, options),
        } satisfies Pick<Database, 'query'>)
        return {
          query: guarded.query,
          metricsTable: (name) => guard('table', database.metricsTable(name)),
          close: () => database.close(),
        }
      },
      storage: (storage) => guard('storage', storage),
      channel: (channel) => guard('channel', channel),
    },
    arm(fault, onHang = () => {}) {
      armed = { fault, onHang }
      count = 0
      fired = undefined
    },
    disarm() {
      armed = undefined
      return fired
    },
  }
}

function signalOf(values: readonly unknown[]): AbortSignal | undefined {
  const last = values.at(-1)
  if (typeof last !== 'object' || last === null || !('signal' in last)) return undefined
  return last.signal instanceof AbortSignal ? last.signal : undefined
}
