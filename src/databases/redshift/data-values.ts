import type { Field } from '@aws-sdk/client-redshift-data'

const NUMBER = /^(numeric|decimal|int\d?|bigint|float\d|real|double)/i
const TIME = /^(timestamp|date)/i

/** A value of the Data API as plain JavaScript: numerics, which come as text, are numbers, dates and timestamps are Date in UTC. */
export function plainField(field: Field, type: string): unknown {
  if (field.isNull === true) return null
  if (field.stringValue !== undefined) {
    if (NUMBER.test(type)) return Number(field.stringValue)
    return TIME.test(type) ? dateOf(field.stringValue) : field.stringValue
  }
  return field.longValue ?? field.doubleValue ?? field.booleanValue ?? field.blobValue ?? null
}

function dateOf(text: string): Date | string {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d+)?)?(?:([+-]\d\d)(?::?(\d\d))?)?$/.exec(text)
  if (found === null) return text
  const [, day, clock = '00:00:00', fraction = '', hours, minutes = '00'] = found
  const date = new Date(
    `${day}T${clock}${fraction.slice(0, 4)}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`,
  )
  return Number.isNaN(date.getTime()) ? text : date
}
