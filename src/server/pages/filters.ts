import { html } from 'hono/html'
import { type Markup, nothing } from './markup.ts'

export interface SelectField {
  readonly name: string
  readonly label: string
  /** The choice that filters nothing. */
  readonly all: string
  readonly value: string | undefined
}

/** A labelled choice of one filter; a value that is none of the choices is kept. */
export function selectField(
  field: SelectField,
  choices: readonly (readonly [value: string, name: string])[],
): Markup {
  const { value } = field
  const known = value === undefined || choices.some(([choice]) => choice === value)
  const all = known ? choices : [...choices, [value, value] as const]
  return html`<label>${field.label}<select name="${field.name}"><option value="">${field.all}</option>${all.map(
    ([choice, name]) =>
      html`<option value="${choice}" ${choice === value ? html`selected` : nothing}>${name}</option>`,
  )}</select></label>`
}

/** The way to the next page of a list. */
export function pager(href: string, name = 'Older'): Markup {
  return html`<p class="more-bar"><a class="button" id="older" href="${href}">${name}</a></p>`
}
