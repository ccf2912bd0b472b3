import { z } from 'zod'

/** A part of a JSON Schema, as far as it is described here. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly (string | number | boolean)[]
  readonly const?: string | number | boolean
  readonly format?: string
  readonly pattern?: string
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly secret?: boolean
}

/** An option or key, with all that is said of it. */
export interface OptionRow {
  /** Of options inside options with a dot between, of lists with `[]`. */
  readonly name: string
  readonly type: string
  /** Empty for none. */
  readonly default: string
  readonly required: boolean
  readonly secret: boolean
  readonly description: string
}

const SAFE = 2 ** 53 - 1

/** Makes a literal stand out from the words around it. */
type Quote = (literal: string) => string

/** Every option of an object's schema, those inside it after it. */
export function optionRows(schema: z.ZodType, quote: Quote = (literal) => literal): readonly OptionRow[] {
  return rowsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema, '', quote)
}

function rowsOf(schema: Schema, prefix: string, quote: Quote): OptionRow[] {
  const required = new Set(schema.required)
  return Object.entries(schema.properties ?? {}).flatMap(([name, option]) => {
    const inner = option.properties === undefined ? option.items : option
    const path = prefix + name
    return [
      {
        name: path,
        type: typeText(option, quote),
        default: option.default === undefined || isEmpty(option.default) ? '' : quote(flow(option.default)),
        required: required.has(name),
        secret: option.secret === true,
        description: option.description ?? '',
      },
      ...(inner?.properties === undefined
        ? []
        : rowsOf(inner, `${path}${inner === option ? '' : '[]'}.`, quote)),
    ]
  })
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/** A value as one line of YAML. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}: ${flow(inner)}`)
    .join(', ')}}`
}

function typeText(schema: Schema, quote: Quote): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => quote(String(value))).join(', ')
  if (schema.const !== undefined) return quote(String(schema.const))
  if (schema.anyOf !== undefined) {
    const types = schema.anyOf.filter(({ type }) => type !== 'null').map((each) => typeText(each, quote))
    return [...new Set(types)].join(', or ')
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null')
    return types.map((type) => typeText({ ...schema, type }, quote)).join(', or ')
  }
  switch (schema.type ?? '') {
    case 'integer':
      return `whole number${rangeText(schema)}`
    case 'number':
      return `number${rangeText(schema)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `list of ${schema.items?.properties === undefined ? typeText(schema.items ?? {}, quote) : 'maps'}`
    case 'object':
      return 'map'
    case 'string':
      return schema.format === 'uri' ? 'address' : 'text'
    case 'null':
      return 'null'
    default:
      return 'anything'
  }
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const parts = [
    ...(minimum === undefined || minimum === -SAFE ? [] : [`≥ ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === SAFE ? [] : [`≤ ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`< ${exclusiveMaximum}`]),
  ]
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`
}
