import { html } from 'hono/html'
import { formatTime } from '../../charts/time-ticks.ts'
import { wallTime } from '../../charts/time-zone.ts'
import type { Markup } from './markup.ts'

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const

/** How long a span is, in its one or two largest units: `45 s`, `2 h 5 min`, `3 d`. */
export function formatSpan(milliseconds: number): string {
  const span = Math.max(0, milliseconds)
  if (span < 1000) return `${Math.round(span)} ms`
  if (span < 10_000) return `${(span / 1000).toFixed(1)} s`
  const largest = UNITS.findIndex(([size]) => span >= size)
  const [size, unit] = UNITS[largest]!
  const [smallerSize, smallerUnit] = UNITS[largest + 1] ?? [Number.POSITIVE_INFINITY, '']
  const count = Math.floor(span / size)
  const rest = Math.floor((span % size) / smallerSize)
  return rest === 0 || count >= 10 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${smallerUnit}`
}

/** A moment, relative to now in words and exact on hover. */
export function relativeTime(timestamp: number, now: number, timeZone: string): Markup {
  const distance = timestamp - now
  const size = Math.abs(distance) < 10_000 ? 0 : Math.abs(distance)
  const text = size === 0 ? 'just now' : distance > 0 ? `in ${formatSpan(size)}` : `${formatSpan(size)} ago`
  return time(timestamp, text, formatTime(timestamp, timeZone))
}

/** A moment, exact in words. */
export function exactTime(timestamp: number, timeZone: string): Markup {
  return time(timestamp, formatTime(timestamp, timeZone), timeZone)
}

/** The time of the day to the millisecond, for logs. */
export function clockTime(timestamp: number, timeZone: string): Markup {
  const wall = new Date(Math.floor(wallTime(timestamp, timeZone) / 1000) * 1000 + (timestamp % 1000))
  return time(timestamp, wall.toISOString().slice(11, 23), formatTime(timestamp, timeZone))
}

function time(timestamp: number, text: string, title: string): Markup {
  const iso = Math.abs(timestamp) <= 8.64e15 ? new Date(timestamp).toISOString() : ''
  return html`<time datetime="${iso}" title="${title}">${text}</time>`
}
