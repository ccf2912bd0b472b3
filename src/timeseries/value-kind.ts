/**
 * What values look like: `constant`, one value; `flag`, 0 and 1; `count`, whole numbers from 0 on; `integer`, whole numbers; `rate`, fractions of 0..1;
 * `continuous`, all others.
 */
export type ValueKind = 'constant' | 'flag' | 'count' | 'integer' | 'rate' | 'continuous'

/** The kind that fits all of the values, of which there is at least one. */
export function valueKindOf(values: Float64Array): ValueKind {
  const [first] = values
  let constant = true
  let flag = true
  let whole = true
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value !== first) constant = false
    if (value !== 0 && value !== 1) flag = false
    if (!Number.isInteger(value)) whole = false
    if (value < least) least = value
    if (value > most) most = value
  }
  if (constant) return 'constant'
  if (flag) return 'flag'
  if (whole) return least >= 0 ? 'count' : 'integer'
  return least >= 0 && most <= 1 ? 'rate' : 'continuous'
}
