import { html } from 'hono/html'
import { links } from './links.ts'
import { type Markup, nothing } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { exactTime } from './times.ts'

export interface Page {
  readonly title: string
  /** The entry of the navigation that it belongs to. */
  readonly section?: 'batches' | 'alerts' | 'runs' | 'schedules'
  /** Stands still while the rest is refreshed: search boxes. */
  readonly head: Markup
  /** Is replaced every few seconds by its newest version. */
  readonly live: Markup
}

/** A whole HTML document. */
export function layout(page: Page, context: PageContext): Markup {
  const { assets, services } = context
  const { server } = services.project()
  const entry = (section: Page['section'], href: string, name: string): Markup =>
    section === page.section
      ? html`<li><a href="${href}" aria-current="page">${name}</a></li>`
      : html`<li><a href="${href}">${name}</a></li>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Anomstack</title>
<link rel="icon" href="${assets.href('icon.svg')}" type="image/svg+xml">
<link rel="preload" href="/assets/Inter-Regular.ttf" as="font" type="font/ttf" crossorigin>
<link rel="stylesheet" href="${assets.href('page.css')}">
<script src="${assets.href('refresh.js')}" defer></script>
<script src="${assets.href('readout.js')}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="${links.home}"><img src="${assets.href('icon.svg')}" alt="" width="26" height="26">Anomstack</a>
<nav aria-label="Main"><ul>
${entry('batches', links.home, 'Batches')}
${entry('alerts', links.alerts(), 'Alerts')}
${entry('runs', links.runs(), 'Runs')}
${entry('schedules', links.schedules(), 'Schedules')}
</ul></nav>
</header>
<main id="main">
${page.head}
<div id="live" data-live>${awayBanner(context)}${page.live}</div>
</main>
<footer class="foot">
<span>Anomstack ${services.version}</span><span>Times in ${server.timeZone.replaceAll('_', ' ')}</span><a href="/api/v1/batches">JSON API</a><span id="refresh-state" role="status"></span>
</footer>
</body>
</html>`
}

/** Says that what is shown may be old, and that nothing can be changed, while that is so. */
function awayBanner({ awaySince, services }: PageContext): Markup {
  const since = awaySince()
  if (since === undefined) return nothing
  return html`<section class="panel faults faults-warning" role="status"><p>The control database has been unreachable since ${exactTime(since, services.project().server.timeZone)}. This page shows what was read before; nothing can be changed until it is back.</p></section>
`
}
