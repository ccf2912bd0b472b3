import type { Json } from './json.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Structured log: a short constant message and its fields. Secrets are redacted by the implementation. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: { readonly [key: string]: Json }): void
}

/** Discards everything. */
export const silentLogger: Logger = { log: () => {} }
