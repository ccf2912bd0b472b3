import { html, raw } from 'hono/html'
import type { AlertKind } from '../../alerts/alert.ts'
import { markShape } from '../../charts/mark-shape.ts'
import { MARK_NAMES, PALETTES, type Palette } from '../../charts/theme.ts'
import type { Markup } from './markup.ts'

/** The charts' palette by reference, so that the page's style sheet decides for light and dark. */
const PAGE_PALETTE: Palette = {
  ...PALETTES.light,
  background: 'var(--surface)',
  marks: {
    anomaly: 'var(--mark-anomaly)',
    threshold: 'var(--mark-threshold)',
    change: 'var(--mark-change)',
    llm: 'var(--mark-llm)',
    'missing-data': 'var(--mark-missing-data)',
  },
}

/** The shape of a kind around 0,0, to be placed inside a drawing. */
export function markAt(kind: AlertKind, radius: number): Markup {
  return raw(markShape(kind, { x: 0, y: 0, radius }, PAGE_PALETTE))
}

/** What people call a kind of alert. */
export function kindName(kind: AlertKind): string {
  return MARK_NAMES[kind]
}

/** The shape and name of a kind, for lists and legends. */
export function kindLabel(kind: AlertKind): Markup {
  return html`<span class="kind"><svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">${markAt(kind, 5)}</svg>${kindName(kind)}</span>`
}
