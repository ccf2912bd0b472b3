import type { Verdict } from './watcher.ts'

const compact = (value: number) => String(Number(value.toPrecision(4)))
const points = (count: number) => (count === 1 ? 'point' : `${count} points`)

function amount(surprise: number): string {
  const times = Math.abs(surprise)
  return times > 1000 ? 'more than 1000' : times.toFixed(1)
}

/** What was expected, and how far from it the value is. */
function compared(value: number, { expected, surprise, season }: Verdict): string {
  if (Number.isNaN(surprise)) return `is ${compact(value)}`
  const by = season === '' ? '' : ` for this ${season}`
  return `is ${compact(value)} where ${compact(expected)} is expected${by}, ${amount(surprise)} times the usual difference ${surprise < 0 ? 'below' : 'above'} it`
}

const SAID: Readonly<Record<Verdict['aspect'], string>> = {
  value: '',
  values: '; so are the values just before it, together',
  run: '; it has been on that side for some time',
  drift: '; it has been going away from what is usual',
  standstill: '; it has never stood still for so long',
  level: '; it has not moved at such levels before',
  shape: '; its course is unlike any before',
  time: '; it is not like this at this time of other days',
}

/** Why a point is as strange as it is, in one plain sentence: what is strange about it, how many times the usual difference, what season was expected, and since when. */
export function reasonOf(value: number, verdict: Verdict): string {
  const since = verdict.since === 0 ? '' : `, for the ${points(verdict.since + 1)} up to now`
  return `${compared(value, verdict)}${SAID[verdict.aspect]}${since}`
}
