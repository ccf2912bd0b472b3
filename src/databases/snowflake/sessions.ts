import { AnomstackError } from '../../core/errors.ts'
import type { QueryOptions } from '../database.ts'
import { hasEnded, interruptible, type Patience, stoppable } from '../interruption.ts'
import type { SnowflakeSession } from './driver.ts'
import { isConnectionError, isSessionGone, snowflakeError, unreachable } from './errors.ts'

export interface SnowflakeSessions {
  /** Runs work in a session of its own and stops it when the caller gives up. Work is begun again in a new session when its session turns out to have ended,
   * so it must be safe to repeat. */
  run<T>(
    options: QueryOptions,
    kind: SnowflakeWork,
    work: (session: SnowflakeSession) => Promise<T>,
  ): Promise<T>
  close(): Promise<void>
}

export interface SnowflakeWork {
  /** What a failure of the engine is called. */
  readonly failure: 'QUERY_FAILED' | 'WRITE_FAILED'
  /** Whether the work may leave something in its session, which is then ended. */
  readonly leaves?: boolean
}

const MAX_SESSIONS = 8
const IDLE_MS = 10 * 60_000

interface Idle {
  readonly session: SnowflakeSession
  readonly timer: NodeJS.Timeout
}

/** Sessions that are opened when they are needed and kept for a while. `secrets` never show in errors. */
export function snowflakeSessions(
  login: () => Promise<SnowflakeSession>,
  secrets: readonly string[],
): SnowflakeSessions {
  const idle: Idle[] = []
  const waiting: (() => void)[] = []
  const leaving = new Set<Promise<void>>()
  let taken = 0
  let closed = false

  const end = (session: SnowflakeSession): void => {
    const ended = session.end().finally(() => leaving.delete(ended))
    leaving.add(ended)
  }

  const keep = (session: SnowflakeSession): void => {
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((each) => each.session === session),
        1,
      )
      end(session)
    }, IDLE_MS).unref()
    idle.push({ session, timer })
  }

  const next = (): void => {
    taken -= 1
    waiting.shift()?.()
  }

  /** Resolves when one more session may be had. */
  const place = async (patience: Patience): Promise<void> => {
    while (taken >= MAX_SESSIONS) {
      let turn: () => void = () => {}
      const called = new Promise<void>((resolve) => {
        turn = resolve
      })
      waiting.push(turn)
      try {
        await Promise.race([called, patience.ended])
      } catch (error) {
        const at = waiting.indexOf(turn)
        if (at >= 0) waiting.splice(at, 1)
        else waiting.shift()?.()
        throw error
      }
    }
    taken += 1
  }

  const checkOpen = (): void => {
    if (closed)
      throw new AnomstackError('CONNECTION_FAILED', 'the database has been closed', { retryable: false })
  }

  const fresh = async (patience: Patience): Promise<SnowflakeSession> => {
    const opening = login().catch((error: unknown) => {
      throw unreachable(error, secrets)
    })
    return Promise.race([opening, patience.ended]).catch((error: unknown) => {
      opening.then(end, () => {})
      throw error
    })
  }

  const use = async <T>(
    patience: Patience,
    { leaves }: SnowflakeWork,
    work: (session: SnowflakeSession) => Promise<T>,
  ): Promise<T> => {
    for (;;) {
      checkOpen()
      const kept = idle.pop()
      clearTimeout(kept?.timer)
      const session = kept?.session ?? (await fresh(patience))
      let usable = false
      try {
        const result = await stoppable(patience, session.cancel, () => work(session))
        usable = leaves !== true
        return result
      } catch (error) {
        // Once more in a younger session; a new one is not doubted.
        if (kept === undefined || !isSessionGone(error)) {
          usable = leaves !== true && !isConnectionError(error) && !(error instanceof AnomstackError)
          throw error
        }
      } finally {
        if (usable && !closed && !hasEnded(patience)) keep(session)
        else end(session)
      }
    }
  }

  return {
    run: async (options, kind, work) => {
      try {
        checkOpen()
        return await interruptible(options, async (patience) => {
          await place(patience)
          try {
            return await use(patience, kind, work)
          } finally {
            next()
          }
        })
      } catch (error) {
        throw snowflakeError(error, kind.failure, secrets)
      }
    },
    close: async () => {
      closed = true
      for (const { session, timer } of idle.splice(0)) {
        clearTimeout(timer)
        end(session)
      }
      await Promise.all(leaving)
    },
  }
}
