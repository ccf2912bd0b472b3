import type { Json } from '../core/json.ts'

/** What the system says of itself, and that an anomaly is over: nothing of it goes into metrics tables. */
export const NOTICE_KINDS = [
  'run-failed',
  'run-stuck',
  'config-invalid',
  'overdue',
  'sensor-failed',
  'sensor',
  'summary',
  'anomaly',
] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** Something that began. While it lasts there is one notice of it. */
export interface NewNotice {
  readonly kind: NoticeKind
  /** What it is about, such as `ingest:sales` or the path of a file; with the kind it is the same for as long as the matter lasts. */
  readonly subject: string
  /** When it began, UTC epoch ms: the same for everybody who notices it, where that can be told. */
  readonly since: number
  /** One line. */
  readonly title: string
  /** Plain text, may have several lines. */
  readonly text: string
  /** Page of the dashboard, from `/`. */
  readonly link?: string
  /** More for machines. */
  readonly details: { readonly [key: string]: Json }
}

/** A notice on record, unique by (kind, subject, since, phase). */
export interface Notice extends NewNotice {
  readonly id: string
  /** Whether it says that something began, or that it is over. */
  readonly phase: 'open' | 'resolved'
  readonly raisedAt: number
  /** When the matter ended; absent while it lasts. */
  readonly endedAt?: number
}
