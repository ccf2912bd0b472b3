import { cleanTables } from './clean-tables.ts'
import { demoTables } from './demo-tables.ts'
import { GOALS } from './goals.ts'
import type { ShortSeriesReport } from './measure.ts'
import { recallTables } from './recall-tables.ts'
import { ratio, textTable } from './text-table.ts'

function goalTable(report: ShortSeriesReport): string {
  const rows = GOALS.map(({ label, trials, value, known, isMet, decimals }) => [
    label,
    String(trials(report)),
    known === undefined ? '' : ratio(known(report), decimals),
    ...report.models.map((model) => {
      const reached = value(model, report)
      return `${ratio(reached, decimals)} ${isMet(reached) ? 'met' : 'missed'}`
    }),
  ])
  return textTable('Short series: what is wanted', [
    ['goal', 'trials', 'known noise', ...report.models.map(({ name }) => name)],
    ...rows,
  ])
}

function costTable({ models }: ShortSeriesReport): string {
  return textTable('Processor time', [
    ['model', 'points', 'ms per point'],
    ...models.map(({ name, points, cpuMs }) => [name, String(points), ratio(cpuMs / points, 4)]),
  ])
}

/** What was measured, as plain text, with the number of trials behind each row. */
export function shortSeriesTables(report: ShortSeriesReport): string {
  return [
    goalTable(report),
    ...recallTables(report),
    ...cleanTables(report),
    ...demoTables(report),
    costTable(report),
  ].join('\n')
}
