const EXACT_POWERS = 22
const SAFE = 2 ** 43

/**
 * The number nearest to `value` with so many decimals (0..100), as Python's `round`: decided on the exact
 * binary value, so 2.675 becomes 2.67, with exact halves to the
 * even digit. Values that are not finite stay as they are; there is no negative zero.
 */
export function roundTo(value: number, decimals: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value + 0
  if (decimals <= EXACT_POWERS) {
    const power = 10 ** decimals
    const scaled = value * power
    const whole = Math.round(scaled)
    // Away from a half, the rounding error of the product cannot matter, and a quotient of two exact
    // numbers is the nearest one.
    if (Math.abs(scaled) < SAFE && Math.abs(scaled - whole) < 0.499) return whole / power + 0
  }
  const halves = Math.abs(value) * 2 ** (decimals + 1)
  if (Number.isInteger(halves) && halves % 2 === 1)
    return Math.sign(value) * roundHalf(BigInt(halves), decimals) + 0
  return Number(value.toFixed(decimals)) + 0
}

/** The even one of the two decimals beside an exact half, `odd` / 2^(decimals + 1). */
function roundHalf(odd: bigint, decimals: number): number {
  const below = (odd * 5n ** BigInt(decimals)) / 2n
  return Number(`${below % 2n === 0n ? below : below + 1n}e-${decimals}`)
}
