import { z } from 'zod'

/** The password of an address such as postgres://user:password@host, as it is and decoded. */
function passwordsIn(text: string): readonly string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*?:([^/?#]*)@/i.exec(text)?.[1]
  if (password === undefined || password === '') return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}

function leaves(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value, ...passwordsIn(value)]
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value)]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : []
}

/** Every value of an input that the schema marks with `meta({ secret: true })`, at any depth. A secret that is left at its default is none. */
export function secretsOf(schema: z.core.$ZodType, input: unknown): readonly string[] {
  if (input === undefined || input === null) return []
  if (z.globalRegistry.get(schema)?.secret === true) return leaves(input)
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return secretsOf(schema.unwrap(), input)
  if (schema instanceof z.ZodPipe) return [...secretsOf(schema.in, input), ...secretsOf(schema.out, input)]
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => secretsOf(option, input))
  if (typeof input !== 'object') return []
  if (schema instanceof z.ZodArray)
    return Object.values(input).flatMap((item) => secretsOf(schema.element, item))
  if (schema instanceof z.ZodRecord)
    return Object.values(input).flatMap((item) => secretsOf(schema.valueType, item))
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape).flatMap(([key, inner]) =>
      Object.hasOwn(input, key) && inner instanceof z.ZodType
        ? secretsOf(inner, Reflect.get(input, key))
        : [],
    )
  return []
}
