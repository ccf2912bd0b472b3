const UNITS: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
]
const MINUS = '\u2212'

function grouped(value: number, minimumFractionDigits: number, maximumFractionDigits: number): string {
  return new Intl.NumberFormat('en-US', { minimumFractionDigits, maximumFractionDigits })
    .format(value)
    .replace('-', MINUS)
}

function scientific(value: number): string {
  return value
    .toExponential(2)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')
    .replaceAll('-', MINUS)
}

function fractionDigits(value: number, most: number): number {
  for (let digits = 0; digits < most; digits++) {
    if (Math.abs(value - Number(value.toFixed(digits))) <= Math.abs(value) * 1e-9) return digits
  }
  return most
}

/** Labels of an axis: one unit (k, M, B, T) and one number of decimals for all of its ticks. */
export function formatTicks(ticks: readonly number[]): readonly string[] {
  const largest = Math.max(...ticks.map(Math.abs))
  const step = ticks.length > 1 ? Math.abs(ticks[1]! - ticks[0]!) : largest
  if (largest >= 1e15 || (largest > 0 && largest < 1e-4))
    return ticks.map((tick) => (tick === 0 ? '0' : scientific(tick)))
  const [scale, unit] = largest < 1e4 ? [1, ''] : (UNITS.find(([from]) => largest >= from) ?? [1, ''])
  // A small step on a large level, 1,000,001 to 1,000,005, needs its digits more than its unit.
  if (step / scale < 1e-3)
    return ticks.map((tick) => grouped(tick, fractionDigits(step, 6), fractionDigits(step, 6)))
  const digits = Math.max(...ticks.map((tick) => fractionDigits(tick / scale, 6)))
  return ticks.map((tick) => (tick === 0 ? '0' : grouped(tick / scale, digits, digits) + unit))
}

/** One value by itself, with about five significant digits: `12,346`, `0.0123`, `1.234B`. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1e15 || size < 1e-4) return scientific(value)
  if (size >= 1e7) {
    const [scale, unit] = UNITS.find(([from]) => size >= from)!
    return grouped(value / scale, 0, 3) + unit
  }
  return grouped(value, 0, Math.max(0, Math.min(8, 4 - Math.floor(Math.log10(size)))))
}
