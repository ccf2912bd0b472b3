import { html } from 'hono/html'
import type { DeliveryStatus } from '../../alerts/alert.ts'
import type { RunStatus } from '../../runs/run.ts'
import { type Markup, nothing } from './markup.ts'

const SYMBOLS: Readonly<Record<RunStatus | DeliveryStatus, string>> = {
  queued: '○',
  running: '◐',
  succeeded: '✓',
  failed: '✕',
  canceled: '–',
  pending: '○',
  delivered: '✓',
  dead: '✕',
  skipped: '–',
}

/** The state of a run or delivery as symbol, word and colour. */
export function statusLabel(status: RunStatus | DeliveryStatus): Markup {
  return html`<span class="status status-${status}"><span aria-hidden="true">${SYMBOLS[status]}</span> ${status}</span>`
}

/** How strange a score is, in words for screen readers and as a tinted number; nothing without a score. */
export function scoreLabel(score: number | undefined, threshold: number): Markup {
  if (score === undefined) return nothing
  const level = score >= threshold ? 'high' : score >= threshold / 2 ? 'middle' : 'low'
  return html`<span class="score score-${level}" title="Newest score; alerts from ${threshold}"><span class="score-word">score </span>${score.toFixed(2)}</span>`
}

/** `1 metric`, `12 metrics`, `2 batches`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : plural}`
}
