import type { ErrorCode, ErrorPlace } from '../core/errors.ts'
import type { Series } from '../core/series.ts'
import type { Feedback } from '../detectors/detector.ts'
import type { Features } from '../timeseries/features.ts'
import type { BundleEntry } from './bundle.ts'
import type { ModelSpec } from './model-spec.ts'
import type { ReplayOptions } from './replay-options.ts'
import type { ScoredSeries } from './score-metric.ts'
import type { Judgement } from './search/choose-candidate.ts'
import type { Holdout, Trial } from './search/judge-candidate.ts'
import type { Candidate } from './search/search-space.ts'
import type { Probe, ProbeItem, ProbeSettings } from './simulation/probe-series.ts'

/** What travels to a worker thread and back: plain data, one message for some metrics. */
export interface Tasks {
  readonly train: Task<TrainItem, undefined, TrainOutcome>
  readonly score: Task<ScoreItem, ScoreSettings, ScoreOutcome>
  readonly replay: Task<ReplayItem, ReplaySettings, ReplayOutcome>
  readonly judge: Task<Trial, JudgeSettings, JudgeOutcome>
  readonly probe: Task<ProbeItem, ProbeSettings, ProbeOutcome>
}

export type TaskName = keyof Tasks

interface Task<Item, Settings, Outcome> {
  readonly message: { readonly spec: ModelSpec; readonly settings: Settings; readonly items: readonly Item[] }
  readonly item: Item
  readonly settings: Settings
  /** In the order of the items. */
  readonly outcome: Outcome | Failure
}

export interface TrainItem {
  readonly metric: string
  readonly series: Series
  /** Rows made by the batch's own preprocessing, in place of the built-in one. */
  readonly features?: Features
  /** What people said of alerts of the metric. */
  readonly feedback?: Feedback
}

export type TrainOutcome =
  | ({ readonly status: 'fitted'; readonly bytes: Uint8Array } & BundleEntry)
  | { readonly status: 'learning'; readonly metric: string; readonly points: number; readonly needed: number }

export interface ScoreItem extends TrainItem {
  /** As the bundle holds it. */
  readonly model: Uint8Array
  /** Only points at or after this time, epoch ms; those before are context. */
  readonly from?: number
  /** Only these points, epoch ms. */
  readonly wanted?: ReadonlySet<number>
  /** Of a model that learns point by point: it learns from the points up to this time that it has not learned from yet, epoch ms. */
  readonly learnUntil?: number
}

export interface ScoreSettings {
  /** Reasons are given for scores at or above this; all by default. */
  readonly reasonsFrom?: number
}

export interface ScoreOutcome {
  readonly status: 'scored'
  readonly metric: string
  readonly scored: ScoredSeries
  /** The model after it has learned more; absent when it has not. */
  readonly learned?: Pick<BundleEntry, 'to' | 'count'> & { readonly bytes: Uint8Array }
}

export type ReplayItem = TrainItem

export type ReplaySettings = Omit<ReplayOptions, 'metric'>

export interface ReplayOutcome {
  readonly status: 'replayed'
  readonly metric: string
  readonly scored: ScoredSeries
  /** A model of the newest points, to be published. */
  readonly trained: TrainOutcome | Failure
}

export interface JudgeSettings {
  readonly candidates: readonly Candidate[]
  readonly holdout: Holdout
}

export interface JudgeOutcome {
  readonly status: 'judged'
  readonly metric: string
  readonly judgement: Judgement
}

export interface ProbeOutcome extends Probe {
  readonly status: 'probed'
  readonly metric: string
}

/** An error as it crosses the threads' border. */
export interface Failure {
  readonly status: 'failed'
  readonly metric: string
  readonly error: {
    readonly code: ErrorCode
    readonly problem: string
    readonly at: ErrorPlace
    readonly retryable: boolean
  }
}
