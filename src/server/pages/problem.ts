import { html } from 'hono/html'
import type { Problem } from '../problem.ts'
import { layout } from './layout.ts'
import { links } from './links.ts'
import type { Markup } from './markup.ts'
import type { PageContext } from './page-context.ts'

/** What a browser is shown when a page cannot be. */
export function problemPage(problem: Problem, context: PageContext): Markup {
  const title =
    problem.status === 404 ? 'Not found' : problem.status < 500 ? 'That did not work' : 'Something went wrong'
  const live = html`<section class="panel empty"><h1>${title}</h1><p class="pre">${problem.detail}</p>
<p class="muted">${problem.code} · ${problem.status}</p><p><a class="button" href="${links.home}">All batches</a></p></section>`
  return layout({ title, head: html``, live }, context)
}
