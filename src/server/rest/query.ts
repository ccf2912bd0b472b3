import type { Context } from 'hono'
import { z } from 'zod'
import { AnomstackError } from '../../core/errors.ts'

/** Reads the query parameters of a request; an unknown or wrong one is an `INPUT_INVALID` that names it. Empty ones count as absent. */
export function readQuery<Shape extends z.ZodObject>(context: Context, schema: Shape): z.output<Shape> {
  const given = Object.entries(context.req.query()).filter(([, value]) => value !== '')
  return check(Object.fromEntries(given), schema, 'query parameter')
}

/** Reads a JSON body; throws `INPUT_INVALID` when it is not JSON, or not what the schema asks for. */
export async function readBody<Shape extends z.ZodObject>(
  context: Context,
  schema: Shape,
): Promise<z.output<Shape>> {
  if (!/^application\/json\b/i.test(context.req.header('content-type') ?? ''))
    throw new AnomstackError('INPUT_INVALID', 'send the body as JSON, with "content-type: application/json"')
  let body: unknown
  try {
    body = await context.req.json()
  } catch (cause) {
    throw new AnomstackError('INPUT_INVALID', 'the body is not valid JSON', { cause })
  }
  return check(body, schema, 'field')
}

/** How long a page of a list may be. */
export const limitParameter = z.coerce.number().int().min(1).max(500).default(50)

/** A time as ISO 8601 with a zone, or as UTC epoch milliseconds. */
export const timeParameter = z
  .string()
  .refine((text) => Number.isFinite(parseTime(text)), { error: 'write a time such as 2024-05-01T00:00:00Z' })
  .transform(parseTime)

function parseTime(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Date.parse(text)
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/i.test(text) ? Date.parse(text) : Number.NaN
}

function check<Shape extends z.ZodObject>(input: unknown, schema: Shape, what: string): z.output<Shape> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => {
    const path = issue.path.join('.')
    return path === '' ? issue.message : `${what} "${path.slice(0, 80)}": ${issue.message}`
  })
  throw new AnomstackError('INPUT_INVALID', issues.slice(0, 10).join('; '))
}
