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
  /** One for each metric that had points to judge; `change` is made to the settings of each batch. Models are replayed only where the change makes others of them than the last did. */
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
  /** The newest scores of each batch, with the models that gave them. */
  const kept = new Map<LoadedBatch, { readonly models: string; readonly scores: Scores }>()
  const problems = new Map<string, string>()

  const modelsOf = ({ context }: LoadedBatch, settings: BatchSettings) =>
    JSON.stringify(specOf(context, settings))

  async function scoresOf(
    batch: LoadedBatch,
    settings: BatchSettings,
    progress: (done: number) => void,
  ): Promise<Scores> {
    const models = modelsOf(batch, settings)
    const known = kept.get(batch)
    if (known?.models === models) return known.scores
    kept.delete(batch)
    const scores = new Map<string, ScoredSeries>()
    for (let start = 0; start < batch.items.length; start += CHUNK) {
      const items = batch.items.slice(start, start + CHUNK)
      for (const result of await replayMetrics(batch, settings, items))
        if (result.status === 'failed')
          problems.set(result.metric, `metric "${result.metric}": ${result.error.problem}`)
        else scores.set(result.metric, result.scored)
      progress(start + items.length)
    }
    kept.set(batch, { models, scores })
    return scores
  }

  function alertsIn(batch: LoadedBatch, settings: BatchSettings, scores: Scores): readonly MetricAlerts[] {
    return [...scores].flatMap(([metric, scored]) => {
      const policy = policyOf(settings, metric, batch.surroundings)
      return judged(batch.context.batch.name, metric, scored, wouldAlert(scored, policy).alerts)
    })
  }

  return {
    async alerts(change, progress) {
      const found: MetricAlerts[] = []
      let before = 0
      for (const batch of loaded) {
        const settings = change(batch.context.batch.settings)
        const scores = await scoresOf(batch, settings, (done) => progress(before + done, total))
        for (const each of alertsIn(batch, settings, scores)) found.push(each)
        before += batch.items.length
      }
      return found
    },

    alertsOfScores(change) {
      return loaded.flatMap((batch) => {
        const settings = change(batch.context.batch.settings)
        const { models, scores } = kept.get(batch) ?? {}
        if (scores === undefined || models !== modelsOf(batch, settings))
          throw new Error('the history has not been judged by these models')
        return alertsIn(batch, settings, scores)
      })
    },

    decidesItself(name) {
      const batch = loaded.find(({ context }) => context.batch.name === name)
      const { scores } = (batch === undefined ? undefined : kept.get(batch)) ?? {}
      return scores !== undefined && [...scores.values()].some(({ levels }) => levels !== undefined)
    },

    get problems() {
      return [...loaded.flatMap((batch) => batch.problems), ...problems.values()]
    },
  }
}

type Scores = ReadonlyMap<string, ScoredSeries>

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
