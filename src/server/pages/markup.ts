import { html } from 'hono/html'

/** Markup in which every text has been escaped. */
export type Markup = ReturnType<typeof html>

/** Nothing. */
export const nothing: Markup = html``

/** Markup where the condition holds. */
export function when(condition: boolean, markup: () => Markup): Markup {
  return condition ? markup() : nothing
}
