import { createRandom, type Random } from '../core/random.ts'
import type { Series } from '../core/series.ts'
import { zoneOffset } from '../core/time-zone.ts'
import { quantileOf } from './quantile.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A cycle of clocks and calendars, and how much of a series follows it. */
export interface Cycle {
  readonly name: 'minute of the hour' | 'hour of the day' | 'day of the week' | 'day of the month'
  /** Share of the variance that the means of its phases explain, less what they explain on average where each cycle is shifted at random. */
  readonly share: number
  /** Whether it explains more than in any of the random shifts, and enough to matter. */
  readonly present: boolean
}

interface Calendar {
  readonly name: Cycle['name']
  readonly phases: number
  /** Points must not be further apart. */
  readonly coarsest: number
  /** So many cycles must have been seen. */
  readonly fewest: number
  /** Of a wall time, written as if it were UTC. */
  readonly cycleOf: (wall: number) => number
  readonly phaseOf: (wall: number) => number
}

const CALENDARS: readonly Calendar[] = [
  {
    name: 'minute of the hour',
    phases: 60,
    coarsest: 15 * MINUTE,
    fewest: 8,
    cycleOf: (wall) => Math.floor(wall / HOUR),
    phaseOf: (wall) => Math.floor(wall / MINUTE) % 60,
  },
  {
    name: 'hour of the day',
    phases: 24,
    coarsest: 8 * HOUR,
    fewest: 4,
    cycleOf: (wall) => Math.floor(wall / DAY),
    phaseOf: (wall) => new Date(wall).getUTCHours(),
  },
  {
    name: 'day of the week',
    phases: 7,
    coarsest: DAY * 1.1,
    fewest: 4,
    // Weeks begin on Mondays; 1970-01-01 was a Thursday.
    cycleOf: (wall) => Math.floor((Math.floor(wall / DAY) + 3) / 7),
    phaseOf: (wall) => (new Date(wall).getUTCDay() + 6) % 7,
  },
  {
    name: 'day of the month',
    phases: 31,
    coarsest: DAY * 1.1,
    fewest: 4,
    cycleOf: (wall) => new Date(wall).getUTCFullYear() * 12 + new Date(wall).getUTCMonth(),
    phaseOf: (wall) => new Date(wall).getUTCDate() - 1,
  },
]

const SHIFTS = 199
const LEAST_SHARE = 0.05
/** Outliers count as if they were no further out than this share of all. */
const CLIPPED = 0.005
/** A cycle of which less was seen, as a share of its phases, is left out. */
const SEEN = 0.6

/**
 * Which calendar cycles a series without trend has. Means of the phases always explain something; how much that is by chance is measured by turning each single cycle by a
 * random angle, which keeps all but the common phase. `step` in ms; the time zone is that of the clocks. Cycles that were not seen often enough are absent.
 */
export function cyclesOf(
  { timestamps, values }: Series,
  { step, timeZone }: { readonly step: number; readonly timeZone: string },
): readonly Cycle[] {
  const wall = timestamps.map(
    (timestamp) => timestamp + (timeZone === 'UTC' ? 0 : zoneOffset(timestamp, timeZone)),
  )
  const clipped = clip(values)
  const total = sumOfSquares(clipped)
  const random = createRandom(0)
  return CALENDARS.flatMap((calendar) => {
    if (step > calendar.coarsest) return []
    const cells = cellsOf(wall, clipped, calendar)
    if (cells === undefined) return []
    if (total === 0) return [{ name: calendar.name, share: 0, present: false }]
    const found = explained(cells, undefined) / total
    let most = 0
    let mean = 0
    for (let i = 0; i < SHIFTS; i++) {
      const shifted = explained(cells, random) / total
      most = Math.max(most, shifted)
      mean += shifted / SHIFTS
    }
    const share = Math.max(0, found - mean)
    return [{ name: calendar.name, share, present: found > most && share >= LEAST_SHARE }]
  })
}

function clip(values: Float64Array): Float64Array {
  const sorted = values.slice().sort()
  const [low, high] = [quantileOf(sorted, CLIPPED), quantileOf(sorted, 1 - CLIPPED)]
  return values.map((value) => Math.max(low, Math.min(high, value)))
}

function sumOfSquares(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
}

/** Sums of the differences from the mean of their cycle and counts of values, one row a cycle, one column a phase that occurs. */
interface Cells {
  readonly sums: Float64Array
  readonly counts: Float64Array
  readonly cycles: number
  readonly phases: number
}

function cellsOf(wall: Float64Array, values: Float64Array, calendar: Calendar): Cells | undefined {
  const { phases, fewest, cycleOf, phaseOf } = calendar
  const column = new Int32Array(phases).fill(-1)
  for (const time of wall) column[phaseOf(time)] = 0
  let width = 0
  for (let phase = 0; phase < phases; phase++) if (column[phase] === 0) column[phase] = width++
  if (width < 2) return undefined
  const sums: number[] = []
  const counts: number[] = []
  let rows = 0
  for (let begin = 0; begin < wall.length; ) {
    const cycle = cycleOf(wall[begin]!)
    const sum = new Float64Array(width)
    const count = new Float64Array(width)
    let total = 0
    let end = begin
    for (; end < wall.length && cycleOf(wall[end]!) === cycle; end++) {
      const at = column[phaseOf(wall[end]!)]!
      sum[at]! += values[end]!
      count[at]!++
      total += values[end]!
    }
    const mean = total / (end - begin)
    begin = end
    if (count.filter((each) => each > 0).length < SEEN * width) continue
    for (let at = 0; at < width; at++) {
      sums.push(sum[at]! - mean * count[at]!)
      counts.push(count[at]!)
    }
    rows++
  }
  if (rows < fewest) return undefined
  return { sums: Float64Array.from(sums), counts: Float64Array.from(counts), cycles: rows, phases: width }
}

/** Sum of squares between phases; with `random`, of cycles that are each turned by an angle of their own. */
function explained({ sums, counts, cycles, phases }: Cells, random: Random | undefined): number {
  const sum = new Float64Array(phases)
  const count = new Float64Array(phases)
  for (let cycle = 0; cycle < cycles; cycle++) {
    const turn = random?.int(phases) ?? 0
    for (let phase = 0; phase < phases; phase++) {
      const to = (phase + turn) % phases
      sum[to]! += sums[cycle * phases + phase]!
      count[to]! += counts[cycle * phases + phase]!
    }
  }
  let between = 0
  for (let phase = 0; phase < phases; phase++)
    if (count[phase]! > 0) between += sum[phase]! ** 2 / count[phase]!
  return between
}
