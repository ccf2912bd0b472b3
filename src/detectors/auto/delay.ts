import type { Memory } from './memory.ts'

/** Gives back what it is given so many steps later; NaN until then. */
export function createDelay(memory: Memory, steps: number): (value: number) => number {
  const waiting = memory.numbers(steps)
  const known = memory.numbers(1)
  return (value) => {
    const place = known[0]! % steps
    const late = known[0]! < steps ? Number.NaN : waiting[place]!
    waiting[place] = value
    known[0]!++
    return late
  }
}
