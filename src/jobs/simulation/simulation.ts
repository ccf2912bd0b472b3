import type { AnomalyKind } from '../../timeseries/inject-anomaly.ts'

/** How often the metrics of a batch would have alerted. Times are epoch ms. */
export interface Simulation {
  /** What is looked at: points from here … */
  readonly from: number
  /** … up to here; those before `from` are learned from. */
  readonly to: number
  readonly metrics: readonly SimulatedMetric[]
}

export interface SimulatedMetric {
  readonly metric: string
  readonly today: Outcome
  /** With other settings, where these were asked for. */
  readonly changed?: Outcome
}

/** What becomes of a metric. */
export type Outcome =
  | Judged
  | { readonly status: 'learning'; readonly points: number; readonly needed: number }
  | { readonly status: 'left out'; readonly why: string }
  | { readonly status: 'failed'; readonly problem: string }

export interface Judged {
  readonly status: 'judged'
  /** Points that have a score, and the first and last of them. */
  readonly points: number
  readonly first: number
  readonly last: number
  /** Ascending. */
  readonly alerts: readonly number[]
  /** Null for too short a time. */
  readonly perWeek: number | null
  /** The setting because of which it never alerts. */
  readonly silencedBy?: string
  readonly injected?: Injected
}

/** What is found of anomalies that were put in. */
export type Injected =
  | {
      readonly status: 'tried'
      /** Standard deviation of the metric's noise: a size of 1. */
      readonly noise: number
      /** Anomalies of each kind and size. */
      readonly trials: number
      readonly smallest: readonly {
        readonly kind: AnomalyKind
        /** Null when none is found often enough; 0 of a kind without a size. */
        readonly size: number | null
        /** Share that is found at this size or, when none is, at the largest. */
        readonly share: number
      }[]
    }
  | { readonly status: 'not tried'; readonly why: string }

/** Sizes of injected anomalies, in robust spreads of noise. */
export const SIZES: readonly number[] = [1, 2, 3, 4, 6, 8, 12]
/** Points within which an anomaly is to be found: those that it lasts. */
export const WITHIN = 10
/** Places at which anomalies of each kind and size are put in. */
export const PLACES = 10
/** With fewer nothing is said. */
export const LEAST_PLACES = 5
/** A size is found when so many of its trials are. */
export const SHARE = 0.8
