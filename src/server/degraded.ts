import type { MiddlewareHandler } from 'hono'
import { awayError, type LastKnown } from './last-known.ts'
import { isSafe } from './security.ts'

/** Marks every answer that is given while the control database is away with the header `Anomstack-Degraded`. */
export function degradedHeader({ look, awaySince }: LastKnown): MiddlewareHandler {
  return async (context, next) => {
    await look()
    await next()
    const since = awaySince()
    if (since !== undefined)
      context.res.headers.set(
        'anomstack-degraded',
        `control database unreachable since ${new Date(since).toISOString()}`,
      )
  }
}

/** Refuses writes at once while the control database is away. */
export function refusedWrites({ awaySince }: LastKnown): MiddlewareHandler {
  return async (context, next) => {
    const since = awaySince()
    if (since !== undefined && !isSafe(context.req.method))
      throw awayError(since, 'so nothing can be changed')
    await next()
  }
}
