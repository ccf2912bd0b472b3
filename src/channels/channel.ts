import type { z } from 'zod'
import type { Json } from '../core/json.ts'
import type { PluginDefinition } from '../core/plugin.ts'

/**
 * A channel takes a message to people or machines. `send` resolves only when the other side has accepted it, and otherwise throws a `DELIVERY_FAILED`
 * error (see `delivery-error.ts`) that says whether another attempt makes sense and never contains a secret. Delivery is at least once: the message's
 * `id` is the same at every attempt, and goes out as the idempotency key where the protocol has one.
 */
export interface Channel {
  send(message: Message, options: { readonly signal: AbortSignal }): Promise<void>
  close?(): Promise<void>
}

type AlertMessageKind = 'anomaly' | 'threshold' | 'change' | 'llm' | 'missing-data'

/** Messages of the system, which concern no metric. */
const NOTICE_MESSAGES = {
  'run-failed': 'Run failed',
  'run-stuck': 'Run stuck',
  'config-invalid': 'Faulty file',
  overdue: 'Overdue',
  'sensor-failed': 'Sensor failed',
  sensor: 'Notice',
  summary: 'Summary',
  resolved: 'Works again',
} as const
type NoticeMessageKind = keyof typeof NOTICE_MESSAGES

/** What people call the kind of a message of the system; undefined for the kind of an alert, or of a test. */
export function noticeLabel(kind: Message['kind']): string | undefined {
  return Object.hasOwn(NOTICE_MESSAGES, kind) ? NOTICE_MESSAGES[kind as NoticeMessageKind] : undefined
}

export interface Message {
  /** Stable over attempts, unique per alert and channel: letters, digits, `-`. */
  readonly id: string
  /** What happened: an alert's kind, a notice's kind, `resolved` for a notice that something is over, or `test`. */
  readonly kind: AlertMessageKind | NoticeMessageKind | 'test'
  /** One line, plain text. */
  readonly title: string
  /** Why, in plain text; may have several lines, may be empty. */
  readonly text: string
  /** Ordered name -> value, plain text. */
  readonly tags: Readonly<Record<string, string>>
  /** Absolute address of the alert in the dashboard. */
  readonly link?: string
  readonly image?: { readonly filename: string; readonly png: Uint8Array; readonly alt: string }
  /** Rows that say in columns what a part of `text`, the lines in its `text`, says for channels that have no tables. */
  readonly table?: {
    readonly text: string
    readonly columns: readonly string[]
    readonly rows: readonly (readonly string[])[]
  }
  /** The metric's newest values, oldest first, null for a gap: for channels that draw with characters. */
  readonly recent?: readonly (number | null)[]
  /** The whole alert for machines. */
  readonly details: { readonly [key: string]: Json }
  /** When the alert was raised, UTC epoch ms. */
  readonly raisedAt: number
}

/** What a channel is created with beside its options. */
export interface ChannelEnvironment {
  readonly fetch: typeof globalThis.fetch
  /** Current time, UTC epoch ms. */
  readonly now: () => number
  /** Where the console channel writes. */
  readonly write: (text: string) => void
}

export interface ChannelDefinition<Options extends z.ZodObject = z.ZodObject>
  extends PluginDefinition<Options> {
  /** Opens nothing by itself. */
  create(options: z.output<Options>, environment: ChannelEnvironment): Channel
}

export function defineChannel<Options extends z.ZodObject>(
  definition: ChannelDefinition<Options>,
): ChannelDefinition<Options> {
  return definition
}
