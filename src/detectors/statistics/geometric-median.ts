/** Where the sum of the distances to three-dimensional points is least. */
export interface GeometricMedian {
  readonly x: number
  readonly y: number
  readonly z: number
}

// The iteration nears the median ever slower where that is one of the points; PyOD waits for as long as it takes.
const STEPS = 1000

/**
 * The geometric median of different points (Vardi, Zhang 2000), given by coordinate; the iteration starts at their mean and ends once a
 * step is shorter than `eps`.
 */
export function geometricMedian(points: readonly Float64Array[], eps: number): GeometricMedian {
  const [xs, ys, zs] = points as [Float64Array, Float64Array, Float64Array]
  const count = xs.length
  let x = 0
  let y = 0
  let z = 0
  for (let i = 0; i < count; i++) {
    x += xs[i]! / count
    y += ys[i]! / count
    z += zs[i]! / count
  }
  for (let step = 0; step < STEPS; step++) {
    let total = 0
    let nextX = 0
    let nextY = 0
    let nextZ = 0
    let here = 0
    for (let i = 0; i < count; i++) {
      const dx = xs[i]! - x
      const dy = ys[i]! - y
      const dz = zs[i]! - z
      const distance = Math.sqrt(dx * dx + dy * dy + dz * dz)
      if (distance === 0) {
        here++
        continue
      }
      const weight = 1 / distance
      total += weight
      nextX += weight * xs[i]!
      nextY += weight * ys[i]!
      nextZ += weight * zs[i]!
    }
    if (here === count) break
    nextX /= total
    nextY /= total
    nextZ /= total
    if (here > 0) {
      // A point at the place itself holds it back.
      const pull = Math.hypot(nextX - x, nextY - y, nextZ - z) * total
      const hold = pull === 0 ? 0 : Math.min(1, here / pull)
      nextX = (1 - hold) * nextX + hold * x
      nextY = (1 - hold) * nextY + hold * y
      nextZ = (1 - hold) * nextZ + hold * z
    }
    const moved = Math.sqrt((nextX - x) ** 2 + (nextY - y) ** 2 + (nextZ - z) ** 2)
    x = nextX
    y = nextY
    z = nextZ
    if (moved < eps) break
  }
  return { x, y, z }
}
