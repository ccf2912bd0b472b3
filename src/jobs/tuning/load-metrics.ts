import type { Surroundings } from '../../alerts/hold-back.ts'
import type { BatchSettings } from '../../config/batch-settings.ts'
import { weekdayExceptions } from '../../config/calendar-effects.ts'
import { messageOf } from '../../core/errors.ts'
import { listsMetric } from '../../core/metric-name.ts'
import type { ReplayItem, ReplayResult } from '../../models/model-pool.ts'
import type { ModelSpec } from '../../models/model-spec.ts'
import { learnable } from '../cadence.ts'
import { loadHistory } from '../load-history.ts'
import { modelSpecOf } from '../model-spec-of.ts'
import { ownFeatures } from '../own-features.ts'
import { policySurroundings } from '../policy-surroundings.ts'
import type { SimulationContext } from '../simulation/simulation-context.ts'
import { withPython } from '../with-python.ts'

const DAY = 86_400_000

/** The metrics of a batch that may alert, ready to be replayed. */
export interface LoadedBatch {
  readonly context: SimulationContext
  readonly items: readonly ReplayItem[]
  readonly surroundings: Surroundings
  /** One sentence for each metric that failed. */
  readonly problems: readonly string[]
}

/** Lists of metrics that never alert. */
const EXCLUDING = ['train_exclude_metrics', 'score_exclude_metrics', 'alert_exclude_metrics'] as const

/** The newest `maxPoints` of each metric of a batch that may alert. */
export async function loadMetrics(context: SimulationContext, maxPoints: number): Promise<LoadedBatch> {
  const { settings } = context.batch
  const history = await loadHistory(context, 'train_sql', { types: ['metric'], maxPoints })
  const excluded = new Set(EXCLUDING.flatMap((key) => settings[key]))
  const wanted: ReplayItem[] = []
  for (const [metric, points] of history) {
    const series = points.get('metric')
    if (series !== undefined && !listsMetric(excluded, metric))
      wanted.push({ metric, series: learnable(series, settings, context.clock.now()) })
  }
  const problems: string[] = []
  const items = await ownFeatures(context, wanted, {
    add: ({ metric = '' }, error) => void problems.push(`metric "${metric}": ${messageOf(error)}`),
    attempt: (_, part) => part(),
    throwIfAny: () => {},
  })
  const surroundings = await policySurroundings(context, {
    metrics: items.map(({ metric }) => metric),
    since: items.reduce(
      (oldest, { series }) => Math.min(oldest, series.timestamps[0] ?? oldest),
      context.clock.now(),
    ),
  })
  return { context, items, surroundings, problems }
}

/** How a batch is judged with these settings. */
export function specOf({ batch }: SimulationContext, settings: BatchSettings): ModelSpec {
  return modelSpecOf(settings, weekdayExceptions(batch))
}

/** Replays some metrics, each point judged from those before it. */
export function replayMetrics(
  { context }: LoadedBatch,
  settings: BatchSettings,
  items: readonly ReplayItem[],
): Promise<readonly ReplayResult[]> {
  return context.pool.replay(withPython(specOf(context, settings), settings), items, {
    signal: context.signal,
    maxPoints: settings.train_max_n,
    maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
    // Nobody asks why.
    reasonsFrom: Number.POSITIVE_INFINITY,
  })
}
