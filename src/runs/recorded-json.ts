import { messageOf } from '../core/errors.ts'
import type { Json } from '../core/json.ts'

/** Characters of JSON that a record keeps whole. */
const LONGEST_JSON = 4_096
const SHOWN = 1_000
const MOST_KEYS = 20

function redacted(value: Json, redact: (text: string) => string): Json {
  if (typeof value === 'string') return redact(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => redacted(item, redact))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redact)]))
}

/** A value as a record keeps it: as JSON would carry it, without secrets, and with a note in place of the rest when it is too long. It never throws. */
export function recordedJson(value: unknown, redact: (text: string) => string): Json | undefined {
  if (value === undefined) return undefined
  try {
    const text = JSON.stringify(value) as string | undefined
    if (text === undefined) return undefined
    const kept = redacted(JSON.parse(text) as Json, redact)
    const length = text.length
    if (length <= LONGEST_JSON) return kept
    return {
      note: `too long to keep: ${length} characters, shown up to ${SHOWN}`,
      start: JSON.stringify(kept).slice(0, SHOWN),
    }
  } catch (error) {
    return { note: redact(`cannot be kept as JSON: ${messageOf(error)}`) }
  }
}

function isSimple(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

/** Whether a result is a simple value, or a plain object of few simple values: a count rather than data. */
export function isCount(value: unknown): boolean {
  if (isSimple(value)) return true
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false
  const entries = Object.values(value)
  return entries.length <= MOST_KEYS && entries.every(isSimple)
}
