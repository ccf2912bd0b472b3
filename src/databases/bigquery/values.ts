import type { SqlRow } from '../database.ts'

/** A column of a result, as the API describes it. */
export interface Field {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly fields?: readonly Field[]
}

/** A row of a result, as the API writes it. */
export interface WireRow {
  readonly f: readonly { readonly v: unknown }[]
}

/** A row as plain values, keyed by column. */
export function plainRow(fields: readonly Field[], row: WireRow): SqlRow {
  return Object.fromEntries(fields.map((field, index) => [field.name, plainValue(field, row.f[index]?.v)]))
}

function plainValue(field: Field, value: unknown): unknown {
  if (field.mode === 'REPEATED') {
    const { mode: _, ...single } = field
    return ((value ?? []) as readonly { readonly v: unknown }[]).map(({ v }) => plainValue(single, v))
  }
  if (value === null || value === undefined) return null
  if (field.type === 'RECORD' || field.type === 'STRUCT')
    return plainRow(field.fields ?? [], value as WireRow)
  return typeof value === 'string' ? scalar(field.type, value) : value
}

function scalar(type: string, text: string): unknown {
  switch (type) {
    case 'INTEGER':
    case 'INT64':
    case 'FLOAT':
    case 'FLOAT64':
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return numberOf(text)
    case 'BOOLEAN':
    case 'BOOL':
      return text === 'true'
    case 'TIMESTAMP':
      return timestampOf(text)
    case 'DATE':
      return dateOf(`${text}T00:00:00`, text)
    case 'DATETIME':
      return dateOf(text.replace(' ', 'T'), text)
    case 'BYTES':
      return new Uint8Array(Buffer.from(text, 'base64'))
    default:
      return text
  }
}

const NOT_FINITE: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
}

function numberOf(text: string): number {
  return NOT_FINITE[text.toLowerCase()] ?? Number(text)
}

/** Whole microseconds as we ask for them; without that the API gives seconds with a fraction. */
function timestampOf(text: string): Date {
  return /^-?\d+$/.test(text)
    ? new Date(Math.floor(Number(text) / 1000))
    : new Date(Math.round(Number(text) * 1000))
}

/** Civil times are taken as UTC, to the millisecond. */
function dateOf(time: string, text: string): Date | string {
  const [whole, fraction = ''] = time.split('.')
  const date = new Date(`${whole}.${fraction.slice(0, 3).padEnd(3, '0')}Z`)
  return Number.isNaN(date.getTime()) ? text : date
}
