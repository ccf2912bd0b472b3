import { html } from 'hono/html'
import type { Step } from '../../runs/run.ts'
import { type Markup, nothing, when } from './markup.ts'
import { statusLabel } from './status.ts'
import { exactTime, formatSpan } from './times.ts'

interface Span {
  readonly from: number
  readonly to: number
  /** Where steps end that have not ended. */
  readonly now: number
}

/** Shares of the axis that are labelled. */
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const

/** The steps of a run as bars over time, an attempt after the other, each on an axis of its own: attempts may lie hours apart. */
export function gantt(
  steps: readonly Step[],
  { now, timeZone }: { readonly now: number; readonly timeZone: string },
): Markup {
  const attempts = [...new Set(steps.map(({ attempt }) => attempt))]
  return html`${attempts.map((attempt) => {
    const own = steps.filter((step) => step.attempt === attempt)
    const from = Math.min(...own.map((step) => step.startedAt))
    const span = { from, to: Math.max(from + 1, ...own.map((step) => step.endedAt ?? now)), now }
    return html`${when(
      attempts.length > 1 || attempt > 1,
      () => html`<h3>Attempt ${attempt} <span class="muted">from ${exactTime(from, timeZone)}</span></h3>`,
    )}<ol class="steps"><li class="step-axis" aria-hidden="true"><span></span>${axis(span)}<span></span><span></span></li>${own.map(
      (step) => stepRow(step, span),
    )}</ol>`
  })}`
}

function axis({ from, to }: Span): Markup {
  return html`<svg class="step-bar" width="100%" height="18">${TICKS.map((share) => {
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
    return html`<text class="tick" x="${share * 100}%" y="12" text-anchor="${anchor}">${share === 0 ? '0' : formatSpan(share * (to - from))}</text>`
  })}</svg>`
}

function stepRow(step: Step, span: Span): Markup {
  const { error, result } = step
  // Steps within others are named `outer/inner`.
  const parts = step.name.split('/')
  const inner = parts.pop()
  return html`<li>
<span class="step-name" title="${step.name}">${when(parts.length > 0, () => html`<span class="muted">${parts.join('/')}/</span>`)}${inner}</span>
${bar(step, span)}
<span class="step-span">${step.endedAt === undefined ? '…' : formatSpan(step.endedAt - step.startedAt)}</span>
${statusLabel(step.status)}
${error === undefined ? nothing : html`<div class="step-text"><p class="problem pre">${error.message}</p>${stack(`${step.attempt}-${step.index}`, error.stack)}</div>`}
${tellsNothing(result) ? nothing : html`<p class="step-text"><code>${JSON.stringify(result)}</code></p>`}
</li>`
}

const tellsNothing = (result: Step['result']): boolean =>
  result === undefined || result === null || JSON.stringify(result) === '{}'

/** Where an error came from, folded away. */
export function stack(id: string, text: string | undefined): Markup {
  if (text === undefined) return nothing
  return html`<details id="stack-${id}"><summary>Stack</summary><pre>${text}</pre></details>`
}

function bar(step: Step, { from, to, now }: Span): Markup {
  const share = (time: number): number => Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100))
  const start = Math.min(share(step.startedAt), 99.4)
  const width = Math.min(100 - start, Math.max(0.6, share(step.endedAt ?? now) - start))
  return html`<svg class="step-bar" width="100%" height="22" aria-hidden="true">${TICKS.map(
    (tick) => html`<line class="grid" x1="${tick * 100}%" x2="${tick * 100}%" y2="22"/>`,
  )}<rect class="step-${step.status}" x="${start.toFixed(2)}%" width="${width.toFixed(2)}%" height="10" y="6" rx="3"><title>${formatSpan(step.startedAt - from)} after the start</title></rect></svg>`
}
