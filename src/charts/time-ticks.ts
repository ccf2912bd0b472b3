import { instantOf, wallTime } from './time-zone.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const FIXED = [1, 5, 15, 30]
  .map((n) => n * SECOND)
  .concat(
    [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
    [1, 2, 3, 6, 12].map((n) => n * HOUR),
    [DAY],
  )
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000]

export interface TimeTick {
  /** UTC epoch ms. */
  readonly timestamp: number
  readonly label: string
  /** The first of a new day, month or year: drawn stronger. */
  readonly major: boolean
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `14:30`, `14:30:05` of a wall time. */
function clock(wall: Date, seconds: boolean): string {
  return `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}${seconds ? `:${two(wall.getUTCSeconds())}` : ''}`
}

const dayOf = (wall: Date): string => `${MONTHS[wall.getUTCMonth()]} ${wall.getUTCDate()}`

function label(wall: Date, step: Step): { readonly label: string; readonly major: boolean } {
  const midnight = wall.getTime() % DAY === 0
  if (step.unit === 'fixed' && step.size < DAY)
    return midnight
      ? { label: dayOf(wall), major: true }
      : { label: clock(wall, step.size < MINUTE), major: false }
  const january = wall.getUTCMonth() === 0
  const year = String(wall.getUTCFullYear())
  if (step.unit === 'month')
    return january
      ? { label: year, major: step.size < 12 }
      : { label: MONTHS[wall.getUTCMonth()]!, major: false }
  if (january && wall.getUTCDate() === 1) return { label: year, major: true }
  return { label: dayOf(wall), major: false }
}

type Step = { readonly unit: 'fixed' | 'days-of-month' | 'month'; readonly size: number }

function stepFor(span: number, count: number): Step {
  const fixed = FIXED.find((size) => span / size <= count)
  if (fixed !== undefined) return { unit: 'fixed', size: fixed }
  for (const size of [2, 4, 7, 15]) if (span / (size * DAY) <= count) return { unit: 'days-of-month', size }
  const month = MONTH_STEPS.find((size) => span / (size * 30.44 * DAY) <= count)
  return { unit: 'month', size: month ?? MONTH_STEPS.at(-1)! }
}

function* wallTicks(from: number, to: number, step: Step): Iterable<number> {
  if (step.unit === 'fixed') {
    for (let wall = Math.ceil(from / step.size) * step.size; wall <= to; wall += step.size) yield wall
    return
  }
  const start = new Date(from)
  let month = start.getUTCFullYear() * 12 + start.getUTCMonth()
  if (step.unit === 'month') month = Math.floor(month / step.size) * step.size
  for (; ; month += step.unit === 'month' ? step.size : 1) {
    const first = new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12, 1)
    if (!(first <= to)) return
    if (step.unit === 'month') {
      if (first >= from) yield first
      continue
    }
    // 1, 8, 15, 22 or 1, 16: the same days every month, and never a tick right before the next month's first.
    for (let day = 0; day + step.size <= 30; day += step.size) {
      const wall = first + day * DAY
      if (wall >= from && wall <= to) yield wall
    }
  }
}

/** Round times of the zone within [from, to] (UTC epoch ms), at most about `count`, labelled as their distance asks for. */
export function timeTicks(
  from: number,
  to: number,
  options: { readonly count: number; readonly timeZone: string },
): readonly TimeTick[] {
  if (!(to > from) || Math.abs(from) > 8.64e15 || Math.abs(to) > 8.64e15) return []
  const step = stepFor(to - from, Math.max(1, options.count))
  const ticks: TimeTick[] = []
  for (const wall of wallTicks(
    wallTime(from, options.timeZone),
    wallTime(to, options.timeZone) + HOUR,
    step,
  )) {
    const timestamp = instantOf(wall, options.timeZone)
    // The spring gap maps two wall times to one instant.
    if (
      timestamp < from ||
      timestamp > to ||
      timestamp <= (ticks.at(-1)?.timestamp ?? Number.NEGATIVE_INFINITY)
    )
      continue
    ticks.push({ timestamp, ...label(new Date(wall), step) })
  }
  const first = ticks[0]
  if (first === undefined || ticks.some((tick) => tick.major)) return ticks
  // No tick says which day or year it is: the first one does.
  const wall = new Date(wallTime(first.timestamp, options.timeZone))
  if (step.unit === 'fixed' && step.size < DAY)
    ticks[0] = { ...first, label: `${dayOf(wall)}, ${first.label}` }
  else if (step.unit !== 'month' || step.size < 12)
    ticks[0] = { ...first, label: `${first.label}, ${wall.getUTCFullYear()}` }
  return ticks
}

/** `2024-03-04 14:30` in the zone, with seconds only when there are any. */
export function formatTime(timestamp: number, timeZone: string): string {
  if (!(Math.abs(timestamp) <= 8.64e15)) return ''
  const wall = new Date(wallTime(timestamp, timeZone))
  const date = `${wall.getUTCFullYear()}-${two(wall.getUTCMonth() + 1)}-${two(wall.getUTCDate())}`
  return `${date} ${clock(wall, wall.getUTCSeconds() !== 0)}`
}
