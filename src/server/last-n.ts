import { AnomstackError } from '../core/errors.ts'

/** How much of a series is looked at: its newest points, or everything younger than a span. */
export type LastN =
  | { readonly kind: 'points'; readonly points: number }
  | { readonly kind: 'span'; readonly milliseconds: number }

export const DEFAULT_LAST_N = '90n'
const MOST_POINTS = 100_000
const LONGEST_SPAN = 3660 * 86_400_000
const UNIT_MS = { h: 3_600_000, m: 60_000, d: 86_400_000 } as const
const GRAMMAR = 'use 90n (newest points), 24h (hours), 45m (minutes) or 7d (days)'

/** Reads `90n`, `90`, `24h`, `45m` or `7d`, in any case; nothing or blanks mean the default. Throws `INPUT_INVALID` otherwise. */
export function parseLastN(text: string | undefined): LastN {
  const asked = text?.trim() || DEFAULT_LAST_N
  const match = /^(\d{1,12})([nhmd]?)$/i.exec(asked)
  const count = Number(match?.[1] ?? 0)
  if (match === null || count === 0)
    throw new AnomstackError('INPUT_INVALID', `"${shorten(asked)}" is not a time window: ${GRAMMAR}`)
  const unit = (match[2] || 'n').toLowerCase()
  if (unit === 'n') {
    if (count > MOST_POINTS)
      throw new AnomstackError(
        'INPUT_INVALID',
        `"${asked}" asks for more than ${MOST_POINTS} points: ask for fewer`,
      )
    return { kind: 'points', points: count }
  }
  const milliseconds = count * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (milliseconds > LONGEST_SPAN)
    throw new AnomstackError('INPUT_INVALID', `"${asked}" asks for more than ten years: ask for less`)
  return { kind: 'span', milliseconds }
}

const shorten = (text: string): string => (text.length <= 40 ? text : `${text.slice(0, 40)}…`)
