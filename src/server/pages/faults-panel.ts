import { html } from 'hono/html'
import type { Fault } from '../../config/project.ts'
import { type Markup, nothing } from './markup.ts'
import { counted } from './status.ts'

/** Everything that is wrong with the project's files, with where and what to write instead; nothing when all is well. */
export function faultsPanel(faults: readonly Fault[]): Markup {
  if (faults.length === 0) return nothing
  const errors = faults.filter((fault) => fault.severity === 'error').length
  const warnings = faults.length - errors
  const title = [errors > 0 ? counted(errors, 'error') : '', warnings > 0 ? counted(warnings, 'warning') : '']
    .filter((part) => part !== '')
    .join(' and ')
  return html`<section class="panel faults ${errors > 0 ? 'faults-error' : 'faults-warning'}" aria-labelledby="faults-title">
<h2 id="faults-title">${title} in the project's files</h2>
<ul>${faults.map(
    (fault) => html`<li>
<span class="tag tag-${fault.severity}">${fault.severity}</span>
<div><code class="place">${placeOf(fault)}</code>
<p>${fault.message}</p>
${fault.suggestion === undefined ? nothing : html`<p class="hint">${fault.suggestion}</p>`}</div>
</li>`,
  )}</ul>
</section>`
}

function placeOf({ file, line, column }: Fault): string {
  return [file, line, column].filter((part) => part !== undefined).join(':')
}
