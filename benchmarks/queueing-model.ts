import type { Random } from '../src/core/random.ts'

/** Batches that all fall due once a period. */
export interface Load {
  readonly batches: number
  readonly periodS: number
  /** Their ticks are spread evenly over so long. */
  readonly spreadS: number
  /** Mean time that one core needs for a batch. */
  readonly serviceS: number
  /** Coefficient of variation of that time. */
  readonly variation: number
}

export interface Outcome {
  /** From tick to end, 95th percentile. */
  readonly p95S: number
  /** 0..1. */
  readonly utilisation: number
}

const PERIODS = 4

/** Runs the load through a queue with so many servers, first come first served, for some periods on end. */
export function simulatePeriods(
  load: Load,
  { servers, random }: { readonly servers: number; readonly random: Random },
): Outcome {
  const freeAt = new Float64Array(servers)
  const delays: number[] = []
  let busy = 0
  for (let period = 0; period < PERIODS; period++)
    for (let batch = 0; batch < load.batches; batch++) {
      const due = period * load.periodS + (load.spreadS * batch) / load.batches
      const service = load.serviceS * logNormal(load.variation, random)
      const server = earliest(freeAt)
      const end = Math.max(due, freeAt[server]!) + service
      freeAt[server] = end
      busy += service
      delays.push(end - due)
    }
  delays.sort((a, b) => a - b)
  const span = Math.max(PERIODS * load.periodS, ...freeAt)
  return { p95S: delays[Math.floor(delays.length * 0.95)]!, utilisation: busy / (span * servers) }
}

/** The fewest workers with which the 95th percentile ends within the period, and the queue does not grow from period to period. */
export function workersNeeded(load: Load, cores: number, random: Random): number {
  for (let workers = 1; ; workers++) {
    const { p95S, utilisation } = simulatePeriods(load, { servers: workers * cores, random })
    if (p95S <= load.periodS && utilisation < 0.9) return workers
  }
}

function earliest(freeAt: Float64Array): number {
  let best = 0
  for (let server = 1; server < freeAt.length; server++) if (freeAt[server]! < freeAt[best]!) best = server
  return best
}

/** Mean 1. */
function logNormal(variation: number, random: Random): number {
  const variance = Math.log(1 + variation ** 2)
  const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return Math.exp(-variance / 2 + Math.sqrt(variance) * normal)
}
