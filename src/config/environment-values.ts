import { z } from 'zod'
import type { Variables } from './environment.ts'
import { variable } from './environment.ts'
import { readYamlValue } from './yaml-file.ts'

/** The value of an option that was given as text: the text itself where the schema takes it (a password of digits stays text), otherwise what YAML makes of it. */
export function valueFromText(schema: unknown, text: string): unknown {
  return schema instanceof z.ZodType && schema.safeParse(text).success ? text : readYamlValue(text)
}

/** A value whose `${NAME}` parts come from the environment; `$${` stands for `${` itself. */
export interface Interpolated {
  readonly value: unknown
  /** Whether anything was replaced. */
  readonly changed: boolean
  /** Where variables are asked for that are not set. */
  readonly missing: readonly { readonly path: readonly PropertyKey[]; readonly name: string }[]
}

/** Replaces `${NAME}` in every text of a value. */
export function interpolate(
  value: unknown,
  variables: Variables,
  path: readonly PropertyKey[] = [],
): Interpolated {
  if (typeof value === 'string') {
    const missing: Interpolated['missing'][number][] = []
    const text = value.replace(
      /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
      (_, escaped: string | undefined, name: string) => {
        if (escaped !== undefined) return escaped
        const found = variable(variables, name)
        if (found === undefined) missing.push({ path, name })
        return found ?? ''
      },
    )
    return { value: text, changed: text !== value, missing }
  }
  if (typeof value !== 'object' || value === null) return { value, changed: false, missing: [] }
  const parts = Object.entries(value).map(
    ([key, item]) =>
      [key, interpolate(item, variables, [...path, Array.isArray(value) ? Number(key) : key])] as const,
  )
  return {
    value: Array.isArray(value)
      ? parts.map(([, part]) => part.value)
      : Object.fromEntries(parts.map(([key, part]) => [key, part.value])),
    changed: parts.some(([, part]) => part.changed),
    missing: parts.flatMap(([, part]) => part.missing),
  }
}
