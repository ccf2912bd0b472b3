import { pointsLost, type Told } from './tables.ts'

/** All numbers as JSON, for other programs; null where there is none, and for a threshold that is left to the model. */
export function resultsJson(told: readonly Told[], { source }: { readonly source: string }): string {
  const contenders = told.map(({ evaluation, summary, crossValidation }) => ({
    name: evaluation.name,
    threshold: evaluation.threshold,
    summary,
    crossValidation,
    series: evaluation.outcomes.map((outcome) => ({
      name: outcome.labelled.name,
      group: outcome.labelled.group,
      points: outcome.judged.scores.length,
      windows: outcome.windows,
      alerts: outcome.alerts,
      pointsLost: pointsLost(outcome, evaluation),
      nab: outcome.nab,
      events: outcome.events,
      budgets: outcome.budgeted,
      delays: outcome.delays,
      vusPr: outcome.vusPr,
      aucPr: outcome.averagePrecision,
      cpuMs: outcome.judged.cpuMs,
    })),
  }))
  // JSON has no infinity: the threshold that nothing reaches.
  const finite = (_: string, value: unknown) => (value === Number.POSITIVE_INFINITY ? 'none' : value)
  return `${JSON.stringify({ source, contenders }, finite, 2)}\n`
}
