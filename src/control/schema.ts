import type { Generated, Insertable, Selectable } from 'kysely'

/** Tables of the control database. Times are UTC epoch ms, objects are JSON as text, flags are 0 or 1. */
export interface ControlSchema {
  meta: MetaTable
  executor: ExecutorTable
  run: RunTable
  start: StartTable
  step: StepTable
  log: LogTable
  alert: AlertTable
  delivery: DeliveryTable
  look: LookTable
  seen: SeenTable
  schedule: ScheduleTable
  tick: TickTable
  note: NoteTable
  notice: NoticeTable
}

interface MetaTable {
  key: string
  value: string
}

interface ExecutorTable {
  id: string
  host: string
  pid: number
  seen_at: number
}

interface RunTable {
  id: string
  job: string
  /** Empty for a run that is not of one batch, so that `=` compares it. */
  batch: string
  trigger: string
  params: string | null
  scheduled_for: number | null
  idempotency_key: string | null
  status: string
  attempt: number
  /** How often the executor died while it ran this. */
  losses: number
  queued_at: number
  /** Null: at once, whatever the clock shows. */
  not_before: number | null
  started_at: number | null
  ended_at: number | null
  error: string | null
  executor: string | null
  cancel_requested: number
  queue: string
  /** Lower goes first. */
  priority: number
  /** What a limit is counted by beside the queue: the name of the database connection; empty for none. */
  resource: string
  /** Part of the work of job and batch; empty for all of it. */
  shard: string
  parent: string | null
  resumes: string | null
  /** How often it failed and was queued again. */
  failures: number
  /** The attempt that was handed to an engine which starts runs by itself; 0 for none. */
  dispatched: number
  /** How often it was handed over, for whichever attempt. */
  handovers: number
}

/** Starts of runs of queues that may start so many in a time; those before that time are deleted. */
interface StartTable {
  run_id: string
  attempt: number
  queue: string
  at: number
}

interface StepTable {
  run_id: string
  attempt: number
  position: number
  name: string
  status: string
  started_at: number
  ended_at: number | null
  result: string | null
  error: string | null
}

interface LogTable {
  /** Ascending in the order of writing. */
  id: Generated<number>
  run_id: string
  at: number
  level: string
  message: string
  fields: string | null
}

interface AlertTable {
  id: string
  batch: string
  metric: string
  kind: string
  timestamp: number
  /** Null stands for NaN. */
  value: number | null
  score: number | null
  reason: string
  details: string
  raised_at: number
  revised_at: number | null
  recovered_at: number | null
  replayed: number
}

interface DeliveryTable {
  id: string
  /** Of the alert or notice. */
  alert_id: string
  channel: string
  status: string
  attempts: number
  due_at: number
  /** When somebody may take it: `due_at`, or the end of the lease of who has taken it. */
  available_at: number
  leased_by: string | null
  delivered_at: number | null
  problem: string | null
}

interface LookTable {
  batch: string
  at: number
}

/** Up to which point of each metric a batch's values have been judged, for one kind of alert. */
interface SeenTable {
  batch: string
  kind: string
  /** JSON: metric -> timestamp. */
  metrics: string
}

/** What people said of a schedule; one that is not here follows its file. */
interface ScheduleTable {
  /** `job:batch`. */
  id: string
  paused: number
  changed_at: number
}

/** What became of the ticks of schedules. */
interface TickTable {
  schedule: string
  at: number
  /** fired, skipped, or missed. */
  outcome: string
  run_id: string | null
  reason: string | null
}

/** Small facts that parts of the program keep, JSON as text. */
interface NoteTable {
  key: string
  value: string
  changed_at: number
}

/** What the system says of itself. */
interface NoticeTable {
  id: string
  kind: string
  subject: string
  since: number
  /** open, or resolved. */
  phase: string
  title: string
  text: string
  link: string | null
  details: string
  raised_at: number
  ended_at: number | null
}

export type RunRow = Selectable<RunTable>
export type NewRunRow = Insertable<RunTable>
export type StepRow = Selectable<StepTable>
export type LogRow = Selectable<LogTable>
export type AlertRow = Selectable<AlertTable>
export type DeliveryRow = Selectable<DeliveryTable>
export type TickRow = Selectable<TickTable>
export type NoticeRow = Selectable<NoticeTable>
