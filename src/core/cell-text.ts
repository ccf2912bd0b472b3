/** A value of a row as text: texts as they are, times as ISO 8601, structures as JSON. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`
  return value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? '')
}
