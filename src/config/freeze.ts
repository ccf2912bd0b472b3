function refuse(): never {
  throw new TypeError('the project is frozen')
}

/** Freezes a value and all that it holds; maps refuse to be changed too. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  // Object.freeze does not reach the entries of a map.
  if (value instanceof Map)
    for (const method of ['set', 'delete', 'clear']) Object.defineProperty(value, method, { value: refuse })
  Object.freeze(value)
  for (const part of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(part)
  return value
}
