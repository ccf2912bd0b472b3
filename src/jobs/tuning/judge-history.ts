import { policyOf } from '../../alerts/policy-of.ts'
import type { BatchSettings } from '../../config/batch-settings.ts'
import type { ScoredSeries } from '../../models/score-metric.ts'
import { wouldAlert } from '../simulation/would-alert.ts'
import type { MetricAlerts } from './alert-rates.ts'
import { type LoadedBatch, replayMetrics, specOf } from './load-metrics.ts'

/** Metrics that are replayed, and held in memory, at a time. */
const CHUNK = 64

/** The alerts that the history of some batches would have had. */
export interface HistoryJudge {
  /** One for each metric that had points to judge; `change` is made to the settings of each batch. Models are replayed only where the change makes others of them. */
  alerts(change: Change, progress: Progress): Promise<readonly MetricAlerts[]>
  /** The same of the scores that there are already; throws where the change makes other models. */
  alertsOfScores(change: Change): readonly MetricAlerts[]
  /** Whether the models of a batch say by themselves when to alert; known once its history was judged. */
  decidesItself(batch: string): boolean
  readonly problems: readonly string[]
}

export type Change = (settings: BatchSettings) => BatchSettings
export type Progress = (done: number, of: number) => void

/** Judges the history of batches again and again, with other settings each time. */
export function createHistoryJudge(loaded: readonly LoadedBatch[]): HistoryJudge {
  const total = loaded.reduce((sum, { items }) => sum + items.length, 0)
  /** Of the models as they are: most changes leave these alone. */
  const kept = new Map<LoadedBatch, ReadonlyMap<string, ScoredSeries>>()
  const problems = new Map<string, string>()

  async function replay(
    batch: LoadedBatch,
    settings: BatchSettings,
    each: (metric: string, scored: ScoredSeries) => void,
    progress: (done: number) => void,
  ): Promise<void> {
    for (let start = 0; start < batch.items.length; start += CHUNK) {
      const items = batch.items.slice(start, start + CHUNK)
      for (const result of await replayMetrics(batch, settings, items))
        if (result.status === 'failed') problems.set(result.metric, `metric "${result.metric}": ${result.error.problem}`)
        else each(result.metric, result.scored)
      progress(start + items.length)
    }
  }

  const isAlike = ({ context }: LoadedBatch, settings: BatchSettings) =>
    JSON.stringify(specOf(context, settings)) === JSON.stringify(specOf(context, context.batch.settings))

  function alertsIn(batch: LoadedBatch, settings: BatchSettings, [metric, scored]: readonly [string, ScoredSeries]) {
    const policy = policyOf(settings, metric, batch.surroundings)
    return judged(batch.context.batch.name, metric, scored, wouldAlert(scored, policy).alerts)
  }

  return {
    async alerts(change, progress) {
      const found: MetricAlerts[] = []
      let before = 0
      for (const batch of loaded) {
        const own = batch.context.batch.settings
        const settings = change(own)
        const show = (done: number) => progress(before + done, total)
        if (isAlike(batch, settings)) {
          let scores = kept.get(batch)
          if (scores === undefined) {
            const replayed = new Map<string, ScoredSeries>()
            await replay(batch, own, (metric, scored) => void replayed.set(metric, scored), show)
            scores = replayed
            kept.set(batch, scores)
          }
          for (const each of scores) found.push(...alertsIn(batch, settings, each))
        } else
          await replay(batch, settings, (...each) => void found.push(...alertsIn(batch, settings, each)), show)
        before += batch.items.length
      }
      return found
    },

    alertsOfScores(change) {
      return loaded.flatMap((batch) => {
        const settings = change(batch.context.batch.settings)
        const scores = isAlike(batch, settings) ? kept.get(batch) : undefined
        if (scores === undefined) throw new Error('the history has not been judged by these models')
        return [...scores].flatMap((each) => alertsIn(batch, settings, each))
      })
    },

    decidesItself(name) {
      const batch = loaded.find(({ context }) => context.batch.name === name)
      const scores = batch === undefined ? undefined : kept.get(batch)
      return scores !== undefined && [...scores.values()].some(({ levels }) => levels !== undefined)
    },

    get problems() {
      return [...loaded.flatMap((batch) => batch.problems), ...problems.values()]
    },
  }
}

function judged(
  batch: string,
  metric: string,
  { timestamps, scores }: ScoredSeries,
  alerts: Uint8Array,
): readonly MetricAlerts[] {
  const first = scores.findIndex(Number.isFinite)
  if (first < 0) return []
  const last = scores.findLastIndex(Number.isFinite)
  const times: number[] = []
  for (let row = first; row <= last; row++) if (alerts[row] === 1) times.push(timestamps[row]!)
  return [{ batch, metric, first: timestamps[first]!, last: timestamps[last]!, alerts: times }]
}
