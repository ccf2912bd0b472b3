import type { Alert } from '../../alerts/alert.ts'
import type { Source } from '../../config/project.ts'
import type { Freshness } from './freshness.ts'

/** A stage of a batch. Times are UTC epoch ms. */
export interface LineageNode {
  readonly state: Freshness
  /** When it last came about, and the run that did it where that is known. */
  readonly last?: { readonly at: number; readonly run?: string }
  /** Why nothing can be said of it. */
  readonly problem?: string
}

/** From a batch's source to where its alerts go. */
export interface Lineage {
  readonly batch: string
  readonly source: LineageNode & { readonly sources: readonly Pick<Source, 'kind' | 'file' | 'metric'>[] }
  readonly metrics: MetricsNode
  readonly model: ModelNode
  readonly scores: ScoresNode
  readonly alerts: LineageNode & { readonly newest?: Alert }
  readonly channels: readonly ChannelNode[]
}

export interface MetricsNode extends LineageNode {
  readonly count: number
  /** Metrics that have been without a point for longer than is usual for them. */
  readonly late: number
  readonly newest?: number
  readonly metrics: readonly MetricNode[]
}

export interface MetricNode {
  readonly name: string
  readonly newest: number
  readonly newestScore?: number
  readonly state: Freshness
}

export interface ModelNode extends LineageNode {
  readonly ageMs?: number
  readonly version?: string
  /** Metrics that have a model. */
  readonly metrics?: number
}

export interface ScoresNode extends LineageNode {
  readonly newest?: number
  /** How much older the newest score is than the newest value, ms. */
  readonly behindMs?: number
  /** Metrics without a score. */
  readonly unscored: number
}

export interface ChannelNode extends LineageNode {
  readonly name: string
  readonly configured: boolean
  /** Deliveries that wait for their turn or their next attempt. */
  readonly pending: number
  /** Deliveries that were given up. */
  readonly dead: number
}
