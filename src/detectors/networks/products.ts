/** A matrix of weights, row-major, one row an output. */
export interface Weights {
  readonly values: Float64Array
  readonly inputs: number
  readonly outputs: number
}

// Each number read is used for several sums at once: reading is what takes the time. At an end, where fewer are left, the last row or output stands
// in for those beyond it, with a factor of 0 where it would otherwise count twice.

/** `result[r, o]` = the sum over i of `rows[r, i] * weights[o, i]`, two rows by four outputs at once; the same bits for a row in any company. */
export function multiplyRows(
  rows: Float64Array,
  count: number,
  { values, inputs, outputs }: Weights,
  result: Float64Array,
): void {
  const last = outputs - 1
  for (let row = 0; row < count; row += 2) {
    const next = Math.min(row + 1, count - 1)
    const x = row * inputs
    const y = next * inputs
    const toX = row * outputs
    const toY = next * outputs
    for (let output = 0; output < outputs; output += 4) {
      const second = Math.min(output + 1, last)
      const third = Math.min(output + 2, last)
      const fourth = Math.min(output + 3, last)
      const p = output * inputs
      const q = second * inputs
      const r = third * inputs
      const s = fourth * inputs
      let xp = 0
      let xq = 0
      let xr = 0
      let xs = 0
      let yp = 0
      let yq = 0
      let yr = 0
      let ys = 0
      for (let i = 0; i < inputs; i++) {
        const a = rows[x + i]!
        const b = rows[y + i]!
        const c = values[p + i]!
        const d = values[q + i]!
        const e = values[r + i]!
        const f = values[s + i]!
        xp += a * c
        xq += a * d
        xr += a * e
        xs += a * f
        yp += b * c
        yq += b * d
        yr += b * e
        ys += b * f
      }
      result[toX + output] = xp
      result[toX + second] = xq
      result[toX + third] = xr
      result[toX + fourth] = xs
      result[toY + output] = yp
      result[toY + second] = yq
      result[toY + third] = yr
      result[toY + fourth] = ys
    }
  }
}

/** `result[r, i]` = the sum over o of `gradient[r, o] * weights[o, i]`, two rows by four outputs at once. */
export function multiplyBack(
  gradient: Float64Array,
  count: number,
  { values, inputs, outputs }: Weights,
  result: Float64Array,
): void {
  const last = outputs - 1
  result.fill(0, 0, count * inputs)
  for (let row = 0; row < count; row += 2) {
    const next = Math.min(row + 1, count - 1)
    const x = row * outputs
    const y = next * outputs
    const toX = row * inputs
    const toY = next * inputs
    const other = next > row ? 1 : 0
    for (let output = 0; output < outputs; output += 4) {
      const second = Math.min(output + 1, last)
      const third = Math.min(output + 2, last)
      const fourth = Math.min(output + 3, last)
      const isSecond = second - output
      const isThird = third - second
      const isFourth = fourth - third
      const xp = gradient[x + output]!
      const xq = gradient[x + second]! * isSecond
      const xr = gradient[x + third]! * isThird
      const xs = gradient[x + fourth]! * isFourth
      const yp = gradient[y + output]! * other
      const yq = gradient[y + second]! * other * isSecond
      const yr = gradient[y + third]! * other * isThird
      const ys = gradient[y + fourth]! * other * isFourth
      const p = output * inputs
      const q = second * inputs
      const r = third * inputs
      const s = fourth * inputs
      for (let i = 0; i < inputs; i++) {
        const c = values[p + i]!
        const d = values[q + i]!
        const e = values[r + i]!
        const f = values[s + i]!
        result[toX + i]! += xp * c + xq * d + xr * e + xs * f
        result[toY + i]! += yp * c + yq * d + yr * e + ys * f
      }
    }
  }
}

/** `result[o, i]` = the sum over r of `gradient[r, o] * rows[r, i]`, two outputs by four rows at once. */
export function multiplyOuter(
  gradient: Float64Array,
  rows: Float64Array,
  { count, inputs, outputs }: { readonly count: number; readonly inputs: number; readonly outputs: number },
  result: Float64Array,
): void {
  const last = count - 1
  result.fill(0)
  for (let row = 0; row < count; row += 4) {
    const second = Math.min(row + 1, last)
    const third = Math.min(row + 2, last)
    const fourth = Math.min(row + 3, last)
    const isSecond = second - row
    const isThird = third - second
    const isFourth = fourth - third
    const x = row * inputs
    const y = second * inputs
    const z = third * inputs
    const w = fourth * inputs
    for (let output = 0; output < outputs; output += 2) {
      const next = Math.min(output + 1, outputs - 1)
      const other = next - output
      const px = gradient[row * outputs + output]!
      const py = gradient[second * outputs + output]! * isSecond
      const pz = gradient[third * outputs + output]! * isThird
      const pw = gradient[fourth * outputs + output]! * isFourth
      const qx = gradient[row * outputs + next]! * other
      const qy = gradient[second * outputs + next]! * other * isSecond
      const qz = gradient[third * outputs + next]! * other * isThird
      const qw = gradient[fourth * outputs + next]! * other * isFourth
      const toP = output * inputs
      const toQ = next * inputs
      for (let i = 0; i < inputs; i++) {
        const a = rows[x + i]!
        const b = rows[y + i]!
        const c = rows[z + i]!
        const d = rows[w + i]!
        result[toP + i]! += px * a + py * b + pz * c + pw * d
        result[toQ + i]! += qx * a + qy * b + qz * c + qw * d
      }
    }
  }
}
