/** What people said of schedules, and what became of their ticks. A schedule's id is `job:batch`. */
export interface ScheduleStore {
  /** Ids of schedules that people paused or resumed, against what their files say. */
  states(): Promise<ReadonlyMap<string, 'paused' | 'running'>>
  /** `undefined` returns the schedule to what its file says. */
  setState(id: string, state: 'paused' | 'running' | undefined, now: number): Promise<void>
  /** What `states` tells, with when it was said. */
  stateChanges(): Promise<ReadonlyMap<string, StateChange>>
  /** Records what became of ticks; the first word on each stays. Returns those that were new. */
  recordTicks(ticks: readonly Tick[]): Promise<readonly Tick[]>
  /** The last tick on record of each of these schedules, up to a time. */
  lastTicks(ids: readonly string[], until: number): Promise<ReadonlyMap<string, Tick>>
  /** Newest first; those before a time when it is given. */
  ticks(filter: {
    readonly schedule?: string
    readonly before?: number
    readonly limit: number
  }): Promise<readonly Tick[]>
  /** Deletes ticks before this time but the newest of each schedule; returns how many. */
  pruneTicks(before: number): Promise<number>
}

export interface StateChange {
  readonly state: 'paused' | 'running'
  /** UTC epoch ms. */
  readonly at: number
}

/** `missed` stands for all ticks of a stretch of time that ends with this one, as the reason says. */
export interface Tick {
  readonly schedule: string
  /** UTC epoch ms. */
  readonly at: number
  readonly outcome: 'fired' | 'skipped' | 'missed'
  readonly runId?: string
  readonly reason?: string
}
