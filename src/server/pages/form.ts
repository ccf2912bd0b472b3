import type { Context } from 'hono'
import { AnomstackError } from '../../core/errors.ts'

/** The fields of a form; one that is there several times is a list, one that is empty is left out. Throws `INPUT_INVALID` for what is no form. */
export async function readForm(c: Context): Promise<Record<string, unknown>> {
  try {
    const fields = await c.req.parseBody({ all: true })
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
  } catch (cause) {
    throw new AnomstackError('INPUT_INVALID', 'the form could not be read', { cause })
  }
}
