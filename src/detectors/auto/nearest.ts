/** The smallest of many numbers, as they come. */
export interface Nearest {
  readonly count: number
  /** Of the smallest, where they were found; the smallest first. */
  readonly places: Float64Array
  clear(): void
  /** Takes one, and returns what the next must be less than to be one of the smallest. */
  add(squared: number, place?: number): number
  /** The mean of their roots; 0 when there are none. */
  meanRoot(): number
}

export function createNearest(size: number): Nearest {
  const best = new Float64Array(size)
  const places = new Float64Array(size)
  let count = 0
  return {
    get count() {
      return count
    },
    places,
    clear() {
      best.fill(Number.POSITIVE_INFINITY)
      count = 0
    },
    add(squared, place = 0) {
      if (squared < best[size - 1]!) {
        let at = size - 1
        while (at > 0 && best[at - 1]! > squared) {
          best[at] = best[at - 1]!
          places[at] = places[at - 1]!
          at--
        }
        best[at] = squared
        places[at] = place
        if (count < size) count++
      }
      return best[size - 1]!
    },
    meanRoot() {
      let sum = 0
      for (let i = 0; i < count; i++) sum += Math.sqrt(best[i]!)
      return count === 0 ? 0 : sum / count
    },
  }
}
