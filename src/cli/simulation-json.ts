import { type Injected, type Outcome, WITHIN } from '../jobs/simulation/simulation.ts'
import { changeOf } from './injected-table.ts'
import type { SimulationReport } from './simulation-report.ts'

/** The report as plain data: times as ISO 8601, alerts the newest first. */
export function simulationJson({ batch, set, simulation }: SimulationReport): object {
  const { from, to, metrics } = simulation
  return {
    batch,
    set,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    metrics: metrics.map(({ metric, today, changed }) => ({
      metric,
      today: outcomeJson(today),
      ...(changed === undefined ? {} : { changed: outcomeJson(changed) }),
    })),
  }
}

function outcomeJson(outcome: Outcome): object {
  if (outcome.status !== 'judged') return outcome
  const { status, points, first, last, alerts, perWeek, silencedBy, injected } = outcome
  return {
    status,
    points,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    alerts: alerts.length,
    perWeek: perWeek === null ? null : Number(perWeek.toPrecision(6)),
    times: alerts.toReversed().map((time) => new Date(time).toISOString()),
    ...(silencedBy === undefined ? {} : { silencedBy }),
    ...(injected === undefined ? {} : { injected: injectedJson(injected) }),
  }
}

function injectedJson(injected: Injected): object {
  if (injected.status !== 'tried') return injected
  const { noise, smallest } = injected
  return {
    ...injected,
    withinPoints: WITHIN,
    smallest: smallest.map((each) => ({ ...each, change: changeOf(each, noise) })),
  }
}
