import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { z } from 'zod'
import { fileProblem, isFileError } from '../../src/cli/file-problem.ts'
import { AnomstackError, messageOf } from '../../src/core/errors.ts'
import { parseTimestamp } from '../../src/core/timestamp.ts'
import type { LabelledSeries, LabelledWindow } from './labelled-series.ts'
import { readLabelledCsv } from './read-labelled-csv.ts'
import { windowsOf } from './windows.ts'

/** Where windows stand, and the CSV files that they speak of, as folders have them. */
const LAYOUTS = [
  { windows: 'windows.json', data: '.' },
  { windows: join('labels', 'combined_windows.json'), data: 'data' },
] as const

const windowsFile = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])))

/**
 * The labelled series of a folder whose names hold `only`, by name. The folder is one of the Numenta Anomaly Benchmark, or has a `windows.json`
 * (path of a CSV file -> list of [start, end]) beside its files, or CSV files with a column label, is_anomaly or anomaly of 0 and 1.
 * Throws `INPUT_INVALID` when it is none, or nothing is left.
 */
export function readFolder(folder: string, only = ''): readonly LabelledSeries[] {
  try {
    const layout = LAYOUTS.find(({ windows }) => existsSync(join(folder, windows)))
    const series = layout === undefined ? readLabelColumns(folder, only) : readWindows(folder, layout, only)
    if (series.length > 0) return series
  } catch (error) {
    if (!isFileError(error)) throw error
    throw new AnomstackError(
      'INPUT_INVALID',
      `${(error as NodeJS.ErrnoException).path ?? folder} cannot be read: ${fileProblem(error)}`,
      { cause: error },
    )
  }
  throw new AnomstackError(
    'INPUT_INVALID',
    `${folder} has no series${only === '' ? '; it needs a windows.json or labelled CSV files' : ` with "${only}" in its name`}`,
  )
}

function readWindows(folder: string, layout: (typeof LAYOUTS)[number], only: string): LabelledSeries[] {
  const file = join(folder, layout.windows)
  return Object.entries(parseWindows(file))
    .filter(([path]) => path.includes(only))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, windows]) => {
      const data = join(folder, layout.data, path)
      if (relative(folder, data).startsWith('..'))
        throw new AnomstackError('INPUT_INVALID', `"${path}" leads out of the folder`, { at: { file } })
      return {
        ...named(path),
        series: readLabelledCsv(data).series,
        windows: apart(windows.map((window) => windowOf(window, { file, path }))),
      }
    })
}

function parseWindows(file: string): z.output<typeof windowsFile> {
  try {
    return windowsFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    if (isFileError(error)) throw error
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error)
    throw new AnomstackError(
      'INPUT_INVALID',
      `expected an object of path -> list of [start, end]: ${problem}`,
      { at: { file }, cause: error },
    )
  }
}

function windowOf(
  [start, end]: readonly [string, string],
  { file, path }: { readonly file: string; readonly path: string },
): LabelledWindow {
  const from = parseTimestamp(start)
  const to = parseTimestamp(end)
  if (from === undefined || to === undefined || to < from)
    throw new AnomstackError('INPUT_INVALID', `${path}: ["${start}", "${end}"] is not a stretch of time`, {
      at: { file },
    })
  return { from, to }
}

/** In the order of time, those that overlap joined. */
function apart(windows: readonly LabelledWindow[]): readonly LabelledWindow[] {
  const joined: LabelledWindow[] = []
  for (const window of windows.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last === undefined || window.from > last.to) joined.push(window)
    else joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, window.to) }
  }
  return joined
}

function readLabelColumns(folder: string, only: string): LabelledSeries[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.toLowerCase().endsWith('.csv') && path.includes(only))
    .sort()
    .map((path) => {
      const file = join(folder, path)
      const { series, labels } = readLabelledCsv(file)
      if (labels === undefined)
        throw new AnomstackError(
          'INPUT_INVALID',
          'no column label, is_anomaly or anomaly, and the folder has no windows.json',
          { at: { file } },
        )
      const { timestamps } = series
      const windows = windowsOf(labels).map(({ first, last }) => ({
        from: timestamps[first]!,
        to: timestamps[last]!,
      }))
      return { ...named(path), series, windows }
    })
}

function named(path: string): Pick<LabelledSeries, 'name' | 'group'> {
  const group = dirname(path)
  return { name: path.replace(/\.csv$/i, ''), group: group === '.' ? '' : group }
}
