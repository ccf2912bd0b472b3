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

export interface Message {
  /** Stable over attempts, unique per alert and channel: letters, digits, `-`. */
  readonly id: string
  /** What happened: an alert's kind, or `test`. */
  readonly kind: 'anomaly' | 'threshold' | 'change' | 'llm' | 'missing-data' | 'test'
  /** One line, plain text. */
  readonly title: string
  /** Why, in plain text; may have several lines, may be empty. */
  readonly text: string
  /** Ordered name -> value, plain text. */
  readonly tags: Readonly<Record<string, string>>
  /** Absolute address of the alert in the dashboard. */
  readonly link?: string
  readonly image?: { readonly filename: string; readonly png: Uint8Array; readonly alt: string }
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
