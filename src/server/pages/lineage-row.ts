import { html } from 'hono/html'
import type { Freshness } from '../views/freshness.ts'
import type { ChannelNode, Lineage, LineageNode } from '../views/lineage-nodes.ts'
import { links } from './links.ts'
import { momentOf } from './lists.ts'
import { type Markup, nothing, when } from './markup.ts'
import type { PageContext } from './page-context.ts'
import { counted } from './status.ts'
import { formatSpan, relativeTime } from './times.ts'

const SYMBOLS: Readonly<Record<Freshness, string>> = { fresh: '●', late: '▲', never: '○', off: '–' }
const MEANINGS: Readonly<Record<Freshness, string>> = {
  fresh: 'as new as its schedule makes it',
  late: 'older than its schedule makes it',
  never: 'has not come about yet',
  off: 'no schedule brings it about',
}
const MOST_FILES = 2

/** A batch from its source to its channels as a row of boxes, each with how fresh it is. */
export function lineageRow(lineage: Lineage | { readonly problem: string }, context: PageContext): Markup {
  const body =
    'problem' in lineage ? html`<p class="problem">${lineage.problem}</p>` : boxes(lineage, context)
  return html`<section class="panel lineage" aria-labelledby="lineage-title"><h2 id="lineage-title">Lineage</h2>${body}</section>`
}

function boxes(lineage: Lineage, context: PageContext): Markup {
  const { source, metrics, model, scores, alerts, channels } = lineage
  const { now, timeZone } = momentOf(context)
  const ago = (at: number): Markup => relativeTime(at, now, timeZone)
  const since = (node: LineageNode, name: string): Markup =>
    node.last === undefined
      ? nothing
      : node.last.run === undefined
        ? html`${name} ${ago(node.last.at)}`
        : html`<a href="${links.run(node.last.run)}">${name} ${ago(node.last.at)}</a>`
  const files = [...new Set(source.sources.map(({ file }) => file))]
  return html`<ol class="boxes">
${box('Source', source, [
  html`${files.slice(0, MOST_FILES).map((file) => html`<code title="${file}">${file}</code> `)}${when(files.length > MOST_FILES, () => html`and ${files.length - MOST_FILES} more`)}`,
  since(source, 'ran'),
])}
${box('Metrics', metrics, [
  html`${counted(metrics.count, 'metric')}${when(metrics.late > 0, () => html`, ${metrics.late} late`)}`,
  metrics.newest === undefined ? nothing : html`newest ${ago(metrics.newest)}`,
])}
${box('Model', model, [
  model.metrics === undefined ? nothing : html`${counted(model.metrics, 'model')}`,
  model.version === undefined ? nothing : html`<code title="Version">${model.version}</code>`,
  since(model, 'made'),
])}
${box('Scores', scores, [
  scores.behindMs === undefined
    ? nothing
    : html`${scores.behindMs === 0 ? 'up with the values' : `${formatSpan(scores.behindMs)} behind the values`}`,
  when(scores.unscored > 0, () => html`${counted(scores.unscored, 'metric')} without one`),
  since(scores, 'ran'),
])}
${box('Alerts', alerts, [
  alerts.newest === undefined
    ? html`none so far`
    : html`<a href="${links.alert(alerts.newest.id)}">newest ${ago(alerts.newest.timestamp)}</a>`,
  since(alerts, 'looked'),
])}
${channels.map((channel) => box(channel.name, channel, channelLines(channel, ago)))}
</ol>`
}

function channelLines(channel: ChannelNode, ago: (at: number) => Markup): readonly Markup[] {
  return [
    channel.configured ? nothing : html`not configured`,
    channel.last === undefined ? nothing : html`delivered ${ago(channel.last.at)}`,
    when(channel.pending > 0, () => html`${channel.pending} waiting`),
    when(channel.dead > 0, () => html`<span class="problem">${channel.dead} given up</span>`),
  ]
}

function box(title: string, { state, problem }: LineageNode, lines: readonly Markup[]): Markup {
  return html`<li class="box box-${state}"><p class="box-head"><span class="box-title">${title}</span><span class="fresh-${state}" title="${MEANINGS[state]}"><span aria-hidden="true">${SYMBOLS[state]}</span> ${state}</span></p>${lines.map(
    (line) => html`<p>${line}</p>`,
  )}${problem === undefined ? nothing : html`<p class="problem">${problem}</p>`}</li>`
}
