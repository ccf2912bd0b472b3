export const QUEUE_NAMES = ['ingest', 'train', 'score', 'alert', 'llm', 'deliver', 'housekeeping'] as const
/** Runs wait in queues, each with limits of its own: what takes long does not hold up what must be quick. */
export type QueueName = (typeof QUEUE_NAMES)[number]

/** How many runs of a queue may be running. */
export interface QueueLimits {
  /** In one process; as many as the process runs at all when not given. */
  readonly concurrency?: number
  /** In all processes together. */
  readonly globalConcurrency?: number
  /** Runs started within a period, in all processes together. */
  readonly rate?: { readonly limit: number; readonly periodMs: number }
}
