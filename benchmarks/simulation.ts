import { readFileSync } from 'node:fs'
import { createRandom } from '../src/core/random.ts'
import type { Benchmark } from './measurement.ts'
import { type Load, simulatePeriods, workersNeeded } from './queueing-model.ts'
import type { Result } from './results-page.ts'

const METRICS = 1_000_000
/** Metrics of a batch, and of a child run where it has more. */
const BATCH = 500
const PERIOD_S = 300
const CORES = 2
/** A metric is fitted anew once a day. */
const TRAININGS_PER_PERIOD = PERIOD_S / 86_400

/**
 * A million metrics scored every five minutes, by a queueing model that is fed with the costs that the other benchmarks measured on this machine: how many workers
 * they need, how many transactions PostgreSQL has to bear, and what gives way first as they grow.
 */
export const benchmark: Benchmark = async () => {
  const costs = readCosts()
  const load: Load = {
    batches: METRICS / BATCH,
    periodS: PERIOD_S,
    spreadS: PERIOD_S / 2,
    serviceS: BATCH * (costs.scorePerMetricS + costs.trainPerMetricS * TRAININGS_PER_PERIOD),
    variation: 0.5,
  }
  const needed = workersNeeded(load, CORES, createRandom(1))
  const { p95S, utilisation } = simulatePeriods(load, { servers: needed * CORES, random: createRandom(2) })
  const perSecond = (load.batches / PERIOD_S) * costs.transactionsPerRun
  const rows = METRICS / PERIOD_S
  // What grows in step with the metrics, as the multiple of this load at which it is full.
  const limits = [
    { name: 'hand-over of runs', factor: costs.dbosRunsPerS / (load.batches / PERIOD_S) },
    { name: 'rows written into one PostgreSQL', factor: costs.postgresRowsPerS / (2 * rows) },
  ].sort((a, b) => a.factor - b.factor)
  return [
    {
      name: `simulation: workers of ${CORES} cores for ${METRICS.toLocaleString('en')} metrics with PCA and KNN every ${PERIOD_S} s`,
      value: needed,
      unit: 'workers',
    },
    { name: 'simulation: with them, from tick to end of a batch, 95th percentile', value: p95S, unit: 's' },
    {
      name: 'simulation: with them, share of their time that they work',
      value: utilisation * 100,
      unit: '%',
    },
    { name: 'simulation: transactions of control database and DBOS', value: perSecond, unit: 'tx/s' },
    ...limits.map(({ name, factor }, index) => ({
      name: `simulation: ${index === 0 ? 'breaks first' : 'breaks next'}: ${name}, at so many times this load`,
      value: factor,
      unit: 'x' as const,
    })),
  ]
}

interface Costs {
  readonly scorePerMetricS: number
  readonly trainPerMetricS: number
  readonly dbosRunsPerS: number
  readonly postgresRowsPerS: number
  readonly transactionsPerRun: number
}

/** CPU seconds of two cores are taken for what the measured wall clock of the two was. */
function readCosts(): Costs {
  const stored = JSON.parse(readFileSync(new URL('./results.json', import.meta.url), 'utf8')) as Record<
    string,
    readonly Result[]
  >
  const median = (benchmark: string, start: string): number => {
    const found = stored[benchmark]?.find(({ name }) => name.startsWith(start))
    if (found === undefined) throw new Error(`run the benchmark ${benchmark} first: it measures "${start}"`)
    return found.median
  }
  const score =
    median('pipeline', '10,000 metrics x 1 new point: score') +
    median('pipeline', '10,000 metrics x 1 new point: alert')
  return {
    scorePerMetricS: (score * CORES) / 10_000,
    trainPerMetricS: (median('pipeline', '1,000 metrics x 2,500 points: train') * CORES) / 1_000,
    dbosRunsPerS: median('orchestrator', 'orchestrator dbos: runs that do nothing'),
    postgresRowsPerS: median('databases', 'postgres: upsert of 1,000,000 rows'),
    transactionsPerRun: median('orchestrator', 'orchestrator dbos: transactions of PostgreSQL'),
  }
}
