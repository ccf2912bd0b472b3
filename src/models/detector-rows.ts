import type { Series } from '../core/series.ts'
import { findDetector } from '../detectors/index.ts'
import type { Features } from '../timeseries/features.ts'
import { type PreprocessParams, warmup } from '../timeseries/preprocess.ts'
import { rowsOf } from './judged-series.ts'
import type { ConfiguredDetector, ModelSpec } from './model-spec.ts'
import { firstNotBefore } from './positions.ts'

/**
 * What the rows of a detector are: windows of so many consecutive values as they were measured, the newest first; the time of a point and its value; or,
 * where it is undefined, the rows of the batch, which its preprocessing makes.
 */
export type RowWindow = number | 'time' | undefined

/** The rows of one kind, ascending in time. A point without enough points before it has none of that kind. */
export type DetectorRows = (window: RowWindow) => Features

/** Whether its rows have the time of a point: it then learns point by point, and says by itself when to alert. */
export const isTimed = (detector: Pick<ConfiguredDetector, 'name'>): boolean =>
  findDetector(detector.name)?.family === 'timed'

/** Undefined too where the parameters are not valid: fitting says what is wrong with them. */
export function windowOf({ name, params }: Pick<ConfiguredDetector, 'name' | 'params'>): RowWindow {
  const detector = findDetector(name)
  if (detector?.family === 'timed') return 'time'
  if (detector?.window === undefined) return undefined
  const options = detector.options.safeParse(params)
  return options.success ? detector.window(options.data) : undefined
}

/** The steps that make windows of raw values. */
export function windowSteps(window: number): PreprocessParams {
  return { diff_n: 0, smooth_n: 0, lags_n: window - 1, freq: null, freq_agg: 'mean' }
}

/** How many points before a point are needed to judge it, and to say why. */
export function reachOf({ detectors, preprocess }: Pick<ModelSpec, 'detectors' | 'preprocess'>): number {
  return Math.max(
    warmup(preprocess),
    ...detectors.map((detector) => pointsOf(windowOf(detector)) - 1 + preprocess.diff_n),
  )
}

/** With fewer points no detector has a row. Rows of the batch's own preprocessing (`own`) come whenever they like. */
export function leastPoints({ detectors, preprocess }: ModelSpec, own: boolean): number {
  const ofBatch = own ? 1 : warmup(preprocess) + 1
  return Math.min(
    ...detectors.map((detector) => {
      const window = windowOf(detector)
      return window === undefined ? ofBatch : pointsOf(window)
    }),
  )
}

/** How many points a row holds, where it is not one of the batch. */
const pointsOf = (window: RowWindow) => (typeof window === 'number' ? window : 1)

/** Times and values of the points that are not missing. */
function timedRows({ timestamps, values }: Series): Features {
  const present = values.reduce((count, value) => (Number.isNaN(value) ? count : count + 1), 0)
  const data = new Float64Array(present * 2)
  const times = new Float64Array(present)
  let row = 0
  values.forEach((value, index) => {
    if (Number.isNaN(value)) return
    times[row] = timestamps[index]!
    data[row * 2] = timestamps[index]!
    data[row * 2 + 1] = value
    row++
  })
  return { timestamps: times, data, columns: 2, names: ['time', 'value'] }
}

/** The rows of a judged series, each kind made when it is asked for. */
export function detectorRows(judged: Series, preprocess: PreprocessParams, own?: Features): DetectorRows {
  return remembered((window) => {
    if (window === 'time') return timedRows(judged)
    return window === undefined ? (own ?? rowsOf(judged, preprocess)) : rowsOf(judged, windowSteps(window))
  })
}

/** The rows of some points: `choose` gets those of one kind. */
export function someRows(rows: DetectorRows, choose: (features: Features) => Features): DetectorRows {
  return remembered((window) => choose(rows(window)))
}

/** The rows from a time on and before another, epoch ms. */
export function rowsBetween(rows: DetectorRows, from: number, before: number): DetectorRows {
  return someRows(rows, (features) => {
    const begin = firstNotBefore(features.timestamps, from)
    return sliceRows(features, begin, firstNotBefore(features.timestamps, before, begin))
  })
}

/** The rows after a time up to another, epoch ms. */
export function rowsAfter(rows: DetectorRows, after: number, upTo: number): DetectorRows {
  return someRows(rows, (features) => {
    const end = (limit: number) => {
      const at = firstNotBefore(features.timestamps, limit)
      return features.timestamps[at] === limit ? at + 1 : at
    }
    const begin = end(after)
    return sliceRows(features, begin, Math.max(begin, end(upTo)))
  })
}

/** The row of one point. */
export function rowAt(rows: DetectorRows, timestamp: number): DetectorRows {
  return someRows(rows, (features) => {
    const at = firstNotBefore(features.timestamps, timestamp)
    return sliceRows(features, at, features.timestamps[at] === timestamp ? at + 1 : at)
  })
}

function remembered(make: DetectorRows): DetectorRows {
  const made = new Map<RowWindow, Features>()
  return (window) => {
    const features = made.get(window) ?? make(window)
    made.set(window, features)
    return features
  }
}

/** Rows `begin` to `end`, the end excluded, without a copy. */
export function sliceRows(
  { timestamps, data, columns, names }: Features,
  begin: number,
  end: number,
): Features {
  return {
    timestamps: timestamps.subarray(begin, end),
    data: data.subarray(begin * columns, end * columns),
    columns,
    names,
  }
}

/** The timestamps that are in any of the lists, ascending. */
export function joinTimestamps(lists: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array()] = lists
  if (lists.every((list) => list === first)) return first
  return Float64Array.from(new Set(lists.flatMap((list) => [...list]))).sort()
}
