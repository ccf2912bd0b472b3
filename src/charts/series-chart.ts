export const MARK_KINDS = ['anomaly', 'threshold', 'change', 'llm', 'missing-data'] as const
export type MarkKind = (typeof MARK_KINDS)[number]
export type ChartTheme = 'light' | 'dark'

/** A number where there is one; null and NaN are gaps. */
export type Numbers = ArrayLike<number | null>

export interface ChartMark {
  /** UTC epoch ms. */
  readonly timestamp: number
  readonly kind: MarkKind
}

/** All that a picture of one metric is drawn from. Arrays run parallel to `timestamps`, which ascend. */
export interface SeriesChart {
  readonly title: string
  readonly subtitle?: string
  /** UTC epoch ms. */
  readonly timestamps: ArrayLike<number>
  readonly values: Numbers
  readonly expected?: Numbers
  readonly lower?: Numbers
  readonly upper?: Numbers
  /** 0..1; their presence adds the lower panel. */
  readonly scores?: Numbers
  /** 0..1, as they were judged; defaults to no second line. */
  readonly smoothedScores?: Numbers
  /** 0..1. */
  readonly scoreThreshold?: number
  /** Bounds of the value itself. */
  readonly thresholds?: { readonly lower?: number; readonly upper?: number }
  readonly marks?: readonly ChartMark[]
  /** Timestamp of the mark that gets a label; the newest mark by default, none when null. */
  readonly highlight?: number | null
  readonly theme?: ChartTheme
  /** CSS pixels. */
  readonly width?: number
  readonly height?: number
  /** IANA name. */
  readonly timeZone?: string
}

/** The number at an index, NaN where there is none. */
export function at(numbers: Numbers | undefined, index: number): number {
  const number = numbers?.[index]
  return typeof number === 'number' && Number.isFinite(number) ? number : Number.NaN
}
