import { z } from 'zod'
import { type Complaint, listNames, nearest } from './faults.ts'

type Schema = z.core.$ZodType
type Issue = z.core.$ZodIssue

/** A complaint and the path of the value (or key) that it is about. */
export interface SchemaFault extends Complaint {
  readonly path: readonly PropertyKey[]
  readonly part: 'key' | 'value'
  /** Whether nothing stands there at all. */
  readonly missing: boolean
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
  date: 'a time',
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return TYPE_NAMES[typeof value] ?? typeof value
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (parent, step) =>
      typeof parent === 'object' && parent !== null && Object.hasOwn(parent, step)
        ? Reflect.get(parent, step)
        : undefined,
    value,
  )
}

/** The schema inside defaults, optionals and the like. */
export function unwrapped(schema: Schema): Schema {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return unwrapped(schema.unwrap())
  return schema instanceof z.ZodPipe ? unwrapped(schema.in) : schema
}

function keysAt(schema: Schema, path: readonly PropertyKey[]): readonly string[] {
  const inner = unwrapped(schema)
  const [step, ...rest] = path
  if (step === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest)
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType, rest)
  const next: unknown = inner instanceof z.ZodObject ? inner.shape[String(step)] : undefined
  return next instanceof z.ZodType ? keysAt(next, rest) : []
}

/** `model_configs[0].model_name` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('')
}

function bound(
  issue: { readonly origin: string; readonly inclusive?: boolean | undefined },
  limit: number | bigint,
  side: 'small' | 'big',
): string {
  const unit =
    issue.origin === 'string'
      ? ' characters'
      : issue.origin === 'array' || issue.origin === 'set'
        ? ' items'
        : ''
  if (side === 'small') return `${issue.inclusive === false ? 'more than' : 'at least'} ${limit}${unit}`
  return `${issue.inclusive === false ? 'less than' : 'at most'} ${limit}${unit}`
}

/** What is wanted instead of the value that the issue is about; never shows the value, which may be a secret. */
function wanted(issue: Issue): string {
  // A schema's own message says more than what zod makes of its code.
  if (!/^(?:Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${listNames(issue.values.map(String))}`
    case 'too_small':
      return `expected ${bound(issue, issue.minimum, 'small')}`
    case 'too_big':
      return `expected ${bound(issue, issue.maximum, 'big')}`
    case 'invalid_format':
      return `expected a valid ${issue.format}`
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`
    case 'invalid_union': {
      const choices = issue.errors.flatMap((branch) =>
        branch.filter(({ path }) => path.length === 0).map(wanted),
      )
      return choices.length === 0 ? 'expected another value' : [...new Set(choices)].join(', or ')
    }
    case 'invalid_key':
      return issue.issues.map(wanted).join('; ')
    case 'unrecognized_keys':
    case 'invalid_element':
    case 'custom':
      return issue.message
  }
}

function nearestValue(issue: Issue, value: unknown): string | undefined {
  return issue.code === 'invalid_value' && typeof value === 'string'
    ? nearest(value, issue.values.map(String))
    : undefined
}

/** Where a map has a key `__proto__`: schemas drop it without a word, so it must not get that far. */
function* protoKeys(value: unknown, path: readonly PropertyKey[] = []): Generator<readonly PropertyKey[]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key]
    if (key === '__proto__') yield at
    else yield* protoKeys(inner, at)
  }
}

/** What a schema finds wrong with an input, said for people. */
export function schemaFaults(schema: Schema, input: unknown): readonly SchemaFault[] {
  return [...protoFaults(input), ...valueFaults(schema, input)]
}

function protoFaults(input: unknown): SchemaFault[] {
  return Array.from(protoKeys(input), (path) => ({
    path,
    part: 'key',
    missing: false,
    message: `${pathText(path)}: "__proto__" cannot be used as a key`,
  }))
}

function valueFaults(schema: Schema, input: unknown): SchemaFault[] {
  const { error } = z.safeParse(schema, input, { reportInput: false })
  return (error?.issues ?? []).flatMap((issue): SchemaFault[] => {
    const { path } = issue
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...path, key],
        part: 'key',
        missing: false,
        message: `unknown key "${pathText([...path, key])}"`,
        suggestion: nearest(key, keysAt(schema, path)),
      }))
    const name = path.length === 0 ? '' : `${pathText(path)}: `
    const value = valueAt(input, path)
    const missing = value === undefined && issue.code !== 'custom' && path.length > 0
    const given =
      issue.code === 'invalid_type' || issue.code === 'invalid_union' ? `, got ${typeName(value)}` : ''
    const message = missing
      ? `"${pathText(path)}" is missing`
      : `${name}${wanted(issue)}${issue.code === 'invalid_type' && issue.expected === 'int' && typeof value === 'number' ? '' : given}`
    return [
      {
        path,
        part: issue.code === 'invalid_key' ? 'key' : 'value',
        missing,
        message,
        suggestion: nearestValue(issue, value),
      },
    ]
  })
}
