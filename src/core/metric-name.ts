const DIMENSIONED = /^(.+?)\{.*\}$/s
const BARE = /^[^\s,={}"\\](?:[^,={}"\\]*[^\s,={}"\\])?$/

/** A value of a dimension: bare where that is unambiguous, otherwise in double quotes; nothing for NULL. */
function written(value: string | null): string {
  if (value === null) return ''
  return BARE.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** The name of a metric with its dimensions, in their order: `revenue{country=US,plan="a, b"}`. Different values never give one name. */
export function dimensionedName(
  base: string,
  dimensions: readonly (readonly [name: string, value: string | null])[],
): string {
  if (dimensions.length === 0) return base
  return `${base}{${dimensions.map(([name, value]) => `${name}=${written(value)}`).join(',')}}`
}

/** What stands before the dimensions of a metric's name; the name itself where it has none. */
export function baseName(name: string): string {
  return DIMENSIONED.exec(name)?.[1] ?? name
}

/** What a map by metric says of a metric: under its own name, otherwise under the one without its dimensions. */
export function ofMetric<Value>(map: Readonly<Record<string, Value>>, name: string): Value | undefined {
  if (Object.hasOwn(map, name)) return map[name]
  const base = baseName(name)
  return Object.hasOwn(map, base) ? map[base] : undefined
}

/** Whether a list of metrics means this one, by its own name or by the one without its dimensions. */
export function listsMetric(names: ReadonlySet<string>, name: string): boolean {
  return names.has(name) || names.has(baseName(name))
}
