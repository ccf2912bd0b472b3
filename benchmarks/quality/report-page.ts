import { escapeXml, oneLine } from '../../src/charts/svg.ts'
import type { Evaluation, Outcome } from './evaluate.ts'
import { NAB_PROFILES, nabLoss } from './nab.ts'
import { drawOutcome, SHADES } from './picture.ts'
import { percent, pointsLost, show, showThreshold, type Table, type Told, tablesOf } from './tables.ts'

const STYLE = `
body { font: 15px/1.5 Inter, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; color: #334155; max-width: 1140px; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { color: #0f172a; line-height: 1.25; } h2 { margin-top: 3rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .25rem 0 1rem; }
th, td { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #e2e8f0; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; } th { font-weight: 600; color: #0f172a; }
.wide { overflow-x: auto; } svg { max-width: 100%; height: auto; display: block; } summary { cursor: pointer; color: #64748b; }
.key { display: inline-block; width: 1.2em; height: .9em; vertical-align: -.1em; margin-right: .3em; }
a { color: #2563eb; text-decoration: none; } a:hover { text-decoration: underline; }
`

/** A text of others for the page: one line, escaped. */
const text = (content: string) => escapeXml(oneLine(content))

/** One page, readable without a network: the tables, and a picture of every series, those first that cost the first way of judging most. */
export function reportPage(told: readonly Told[], { source }: { readonly source: string }): string {
  const [ours, ...others] = told
  if (ours === undefined) return ''
  const ranked = ours.evaluation.outcomes
    .map((outcome, place) => ({ outcome, place, loss: nabLoss(outcome.nab, NAB_PROFILES.standard) }))
    .sort((a, b) => b.loss - a.loss)
  const sections = ranked.map(({ outcome, place }) => {
    const beside = others.map(({ evaluation }) => ({ evaluation, outcome: evaluation.outcomes[place]! }))
    return section(`s${place}`, [{ evaluation: ours.evaluation, outcome }, ...beside])
  })
  const title = `Quality of detection: ${text(source)}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p>${ranked.length} series. Each point was judged from its past only, by the code that production runs.
${told.map(({ evaluation }) => `<b>${text(evaluation.name)}</b> alerts from ${showThreshold(evaluation.threshold)} on.`).join(' ')}</p>
${tablesOf(told).map(tableMarkup).join('\n')}
<h2>Series</h2>
<p>${key('labelled')} labelled as an anomaly &nbsp; ${key('probation')} probation: not looked at by the NAB score.
The lower panel has the score, faint, and the level that the alert policy compares with its threshold. Those that cost most come first.</p>
${tableMarkup(indexTable(told, ranked))}
${sections.join('\n')}
</body>
</html>
`
}

function key(shade: keyof typeof SHADES): string {
  const { fill, opacity } = SHADES[shade]
  return `<span class="key" style="background: ${fill}; opacity: ${Number(opacity) * 2}"></span>`
}

function tableMarkup(table: Table & { readonly links?: readonly string[] }): string {
  const { title, head, rows, links } = table
  const row = (cells: readonly string[], i: number) =>
    `<tr>${cells
      .map((cell, column) => {
        const link = column === 0 ? links?.[i] : undefined
        return `<td>${link === undefined ? text(cell) : `<a href="#${link}">${text(cell)}</a>`}</td>`
      })
      .join('')}</tr>`
  return `${title === '' ? '' : `<h3>${text(title)}</h3>`}
<div class="wide"><table>
<thead><tr>${head.map((cell) => `<th>${text(cell)}</th>`).join('')}</tr></thead>
<tbody>${rows.map(row).join('\n')}</tbody>
</table></div>`
}

function indexTable(
  told: readonly Told[],
  ranked: readonly { readonly outcome: Outcome; readonly place: number }[],
): Table & { readonly links: readonly string[] } {
  return {
    title: 'NAB points lost of 100, standard profile, fixed threshold',
    head: ['series', ...told.map(({ evaluation }) => evaluation.name)],
    rows: ranked.map(({ outcome, place }) => [
      outcome.labelled.name,
      ...told.map(({ evaluation }) => show(pointsLost(evaluation.outcomes[place]!, evaluation), 2)),
    ]),
    links: ranked.map(({ place }) => `s${place}`),
  }
}

interface Judgement {
  readonly evaluation: Evaluation
  readonly outcome: Outcome
}

function section(id: string, judgements: readonly Judgement[]): string {
  const [ours, ...others] = judgements
  if (ours === undefined) return ''
  return `<section>
<h2 id="${id}">${text(ours.outcome.labelled.name)}</h2>
${tableMarkup(numbersTable(judgements))}
${drawOutcome(ours.outcome)}
${others
  .filter(({ evaluation }) => evaluation.drawn)
  .map(
    ({ evaluation, outcome }) =>
      `<details><summary>${text(evaluation.name)}</summary>${drawOutcome(outcome)}</details>`,
  )
  .join('\n')}
</section>`
}

function numbersTable(judgements: readonly Judgement[]): Table {
  return {
    title: '',
    head: [
      '',
      'points lost',
      'windows found',
      'alerts',
      'in a window',
      'alerts a week',
      'first delay',
      'VUS-PR',
      'AUC-PR',
      'CPU per point',
    ],
    rows: judgements.map(({ evaluation, outcome }) => {
      const { events, delays, judged, weeks } = outcome
      return [
        evaluation.name,
        show(pointsLost(outcome, evaluation), 2),
        `${events.found} of ${events.windows}`,
        String(events.alerts),
        String(events.trueAlerts),
        show(events.alerts / weeks),
        delays.map(({ points, share }) => `${points} (${percent(share)})`).join(', ') || '–',
        show(outcome.vusPr, 3),
        show(outcome.averagePrecision, 3),
        `${show((1000 * judged.cpuMs) / judged.scores.length, 0)} µs`,
      ]
    }),
  }
}
