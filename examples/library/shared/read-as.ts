import { z } from 'zod'

/** An answer that has the shape of the schema. Throws an error that names every difference, and `source`, where it has not. */
export function readAs<Shape>(schema: z.ZodType<Shape>, answer: unknown, source: string): Shape {
  const read = schema.safeParse(answer)
  if (read.success) return read.data
  throw new Error(`${source} answered in an unexpected form:\n${z.prettifyError(read.error)}`)
}
