import type { Context } from 'hono'
import { AnomstackError } from '../../core/errors.ts'

const KEY = /^[\x21-\x7e]{1,200}$/

/** The request's `Idempotency-Key`, apart from those of schedules; undefined when it has none. Throws `INPUT_INVALID` for one that cannot be used. */
export function idempotencyKeyOf(c: Context): string | undefined {
  const header = c.req.header('idempotency-key')
  if (header === undefined) return undefined
  if (!KEY.test(header))
    throw new AnomstackError(
      'INPUT_INVALID',
      'an Idempotency-Key has 1 to 200 printable ASCII characters without blanks',
    )
  return `api:${header}`
}
