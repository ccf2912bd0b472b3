import type { DemoVerdict } from './judge-demo.ts'
import type { ShortSeriesReport } from './measure.ts'
import { ratio, textTable } from './text-table.ts'

const WEEKS = 4
/** Alerts of a series that are told one by one. */
const SHOWN = 8

const perFourWeeks = ({ alerts, weeks }: DemoVerdict) => ratio((alerts.length * WEEKS) / weeks)

function demoTable({ models }: ShortSeriesReport): string {
  const rows = (models[0]?.demo ?? []).map(({ name, points }, i) => [
    name,
    String(points),
    ...models.map((model) => {
      const verdict = model.demo[i]!
      return `${verdict.alerts.length} = ${perFourWeeks(verdict)}`
    }),
  ])
  return textTable('Real series of the demo: alerts = alerts per 4 weeks', [
    ['series', 'points', ...models.map(({ name }) => name)],
    ...rows,
  ])
}

function shownAlerts({ name, alerts }: DemoVerdict): string {
  const shown = alerts
    .slice(-SHOWN)
    .map(({ timestamp, value }) => `${new Date(timestamp).toISOString().slice(0, 13)}h ${value}`)
  const before = alerts.length > shown.length ? `${alerts.length - shown.length} before, ` : ''
  return `  ${name}: ${alerts.length === 0 ? 'none' : before + shown.join(', ')}`
}

/** What happens to the real series of the demo. */
export function demoTables(report: ShortSeriesReport): readonly string[] {
  return [
    demoTable(report),
    ...report.models.map(({ name, demo }) =>
      [`Alerts of ${name} on the demo's series, the newest of each`, '', ...demo.map(shownAlerts), ''].join(
        '\n',
      ),
    ),
  ]
}
