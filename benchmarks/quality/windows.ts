import type { Series } from '../../src/core/series.ts'
import type { LabelledWindow } from './labelled-series.ts'

/** A labelled window as points of its series: the first and the last, both included. */
export interface PointWindow {
  readonly first: number
  readonly last: number
}

/** The windows as points; one that no point lies in is left out, for nobody could find it. */
export function pointWindows(
  { timestamps }: Series,
  windows: readonly LabelledWindow[],
): readonly PointWindow[] {
  return windows.flatMap(({ from, to }): PointWindow[] => {
    const first = timestamps.findIndex((timestamp) => timestamp >= from)
    const last = timestamps.findLastIndex((timestamp) => timestamp <= to)
    return first === -1 || last < first ? [] : [{ first, last }]
  })
}

/** 1 for every point in a window, else 0. */
export function labelsOf(points: number, windows: readonly PointWindow[]): Uint8Array {
  const labels = new Uint8Array(points)
  for (const { first, last } of windows) labels.fill(1, first, last + 1)
  return labels
}

/** Runs of ones as windows. */
export function windowsOf(labels: ArrayLike<number>): readonly PointWindow[] {
  const windows: PointWindow[] = []
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 1) continue
    const first = i
    while (labels[i + 1] === 1) i++
    windows.push({ first, last: i })
  }
  return windows
}
