/** A value of a row as text: texts as they are, times as ISO 8601, structures as JSON. */
export function cellText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return `${value}`
    default:
      return value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? '')
  }
}
