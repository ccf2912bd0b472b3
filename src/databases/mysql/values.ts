import type { TypeCastField, TypeCastNext } from 'mysql2'

/** Dates and times, in UTC, as Date. What is no day of the calendar, such as `0000-00-00`, stays text. */
function dateOf(text: string): Date | string {
  const [day, clock = '00:00:00'] = text.split(' ')
  const date = new Date(`${day}T${clock.slice(0, 12)}Z`)
  return Number.isNaN(date.getTime()) ? text : date
}

const NUMBERS = new Set(['DECIMAL', 'NEWDECIMAL', 'FLOAT', 'DOUBLE'])
const TIMES = new Set(['DATE', 'NEWDATE', 'DATETIME', 'TIMESTAMP'])

/** Reads values of users' queries: numerics are numbers, each the nearest double, and dates and times are Date in UTC. */
export function plainValue(field: TypeCastField, next: TypeCastNext): unknown {
  const isNumber = NUMBERS.has(field.type)
  if (!isNumber && !TIMES.has(field.type)) return next()
  const text = field.string()
  if (text === null) return null
  return isNumber ? Number(text) : dateOf(text)
}
