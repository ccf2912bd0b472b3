/** The smallest of many numbers, as they come. */
export interface Nearest {
  clear(): void
  /** Takes one, and returns what the next must be less than to be one of the smallest. */
  add(squared: number): number
  /** The mean of their roots; 0 when there are none. */
  meanRoot(): number
}

export function createNearest(size: number): Nearest {
  const best = new Float64Array(size)
  return {
    clear() {
      best.fill(Number.POSITIVE_INFINITY)
    },
    add(squared) {
      if (squared < best[size - 1]!) {
        let place = size - 1
        while (place > 0 && best[place - 1]! > squared) {
          best[place] = best[place - 1]!
          place--
        }
        best[place] = squared
      }
      return best[size - 1]!
    },
    meanRoot() {
      let sum = 0
      let count = 0
      while (count < size && best[count]! < Number.POSITIVE_INFINITY) sum += Math.sqrt(best[count++]!)
      return count === 0 ? 0 : sum / count
    },
  }
}
