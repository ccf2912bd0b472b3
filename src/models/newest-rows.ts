import type { Features } from '../timeseries/features.ts'
import { type DetectorRows, type RowWindow, windowOf, windowSteps } from './detector-rows.ts'
import type { ModelSpec } from './model-spec.ts'
import { createNewestRow, type NewestRow } from './newest-row.ts'

/** Makes the rows of each point as it comes, for all detectors of a batch. */
export interface NewestRows {
  /** Those of the point pushed last; used again for the next. */
  readonly rows: DetectorRows
  /** As `NewestRow`; false where no detector has a row. */
  push(timestamp: number, values: Float64Array): boolean
}

interface Kind {
  readonly row: Pick<NewestRow, 'data'> & { push(values: Float64Array): boolean }
  readonly complete: Features
  readonly none: Features
  isComplete: boolean
}

/** At the start of a series. */
export function createNewestRows({ detectors, preprocess }: ModelSpec): NewestRows {
  const time = new Float64Array(1)
  const kindOf = (window: RowWindow): Kind => {
    const row =
      window === 'time'
        ? createTimedRow(time)
        : createNewestRow(window === undefined ? preprocess : windowSteps(window))
    const columns = row.data.length
    return {
      row,
      complete: { timestamps: time, data: row.data, columns, names: [] },
      none: { timestamps: new Float64Array(), data: new Float64Array(), columns, names: [] },
      isComplete: false,
    }
  }
  const kinds = new Map(detectors.map(windowOf).map((window) => [window, kindOf(window)]))
  return {
    rows(window) {
      const kind = kinds.get(window)!
      return kind.isComplete ? kind.complete : kind.none
    },
    push(timestamp, values) {
      time[0] = timestamp
      let some = false
      for (const kind of kinds.values()) {
        kind.isComplete = kind.row.push(values)
        some ||= kind.isComplete
      }
      return some
    },
  }
}

/** The time of the newest point and its value. */
function createTimedRow(time: Float64Array): Kind['row'] {
  const data = new Float64Array(2)
  return {
    data,
    push(values) {
      data[0] = time[0]!
      data[1] = values.at(-1) ?? Number.NaN
      return !Number.isNaN(data[1])
    },
  }
}
