import { z } from 'zod'
import type { WeekdayException } from '../../core/calendar.ts'
import { AnomstackError } from '../../core/errors.ts'
import { zoneOffset } from '../../core/time-zone.ts'
import { readState, requireTrainable, requireWidth } from '../checks.ts'
import { contaminationOption, defineDetector, type Matrix, type Model, type Verdicts } from '../detector.ts'
import { medianOf } from '../statistics/median.ts'
import { createMemory, type Memory, type MemoryState } from './memory.ts'
import { reasonOf } from './reason.ts'
import { createWatcher, type Verdict, type Watcher, type WatcherOptions, withinLargest } from './watcher.ts'

const options = z.strictObject({
  contamination: contaminationOption,
  time_zone: z.string().nullable().default(null).meta({
    description: 'IANA time zone of hours and weekdays; null for that of the batch.',
  }),
  weekday_exceptions: z
    .array(z.strictObject({ rules: z.array(z.record(z.string(), z.unknown())), as: z.int().min(0).max(6) }))
    .default([])
    .meta({ description: 'Days that are taken for another weekday; calendars of the batch say which.' }),
  alerts_per_week: z.number().positive().nullable().default(null).meta({
    description:
      'How many alerts a week are wanted; null for what alert_budget of the batch says or, without it, for as many as are worth it.',
  }),
})

const LEAST_ROWS = 2
const COLUMNS = 2
const WEEK = 7 * 86_400_000
const HOUR = 3_600_000
/** Of a series that does not move. */
const SPREAD_OF_CONSTANT = 0.01

/**
 * Judges each point of a series from those before it, and learns it then. What is strange is found by four: levels that were never seen (distance
 * of means over 1 to 128 points to their nearest in the past), courses that were never seen (the same for the last 48 values), what is usual but
 * not at this time of day (for series that live by it), and differences from a forecast (many simple experts, weighted by how well they did of
 * late). Each is made a p-value by its rank among all before (conformal), and these are joined: the forecast counts most while a series is short. A
 * point alerts from a level on that rises with each alert and falls as time passes. Scores are 1 less the share of points that were at least as strange. Constant memory.
 */
export const auto = defineDetector({
  name: 'auto',
  summary: 'Finds out by itself what is usual of a series: levels, courses, seasons and trends; the default.',
  source:
    'Conformal anomaly detection as in Laxhammar, Falkman: Online learning and sequential anomaly detection in trajectories (2014); experts weighted as in Cesa-Bianchi, Lugosi: Prediction, learning, and games (2006); level by the alerts so far as in Gibbs, Candès: Adaptive conformal inference under distribution shift (2021)',
  family: 'timed',
  complexity: { fit: 'n · memory', score: 'memory' },
  options,
  example: { alerts_per_week: 1 },
  fit(data, { time_zone: timeZone, alerts_per_week: perWeek, weekday_exceptions: exceptions }, { feedback }) {
    requireTrainable('auto', data, LEAST_ROWS)
    if (data.columns !== COLUMNS)
      throw new AnomstackError(
        'TRAINING_IMPOSSIBLE',
        `auto learns from rows of a time and a value, and was given ${data.columns} columns`,
      )
    const times = Float64Array.from({ length: data.rows }, (_, row) => data.data[row * COLUMNS]!)
    const values = Float64Array.from({ length: data.rows }, (_, row) =>
      withinLargest(data.data[row * COLUMNS + 1]!),
    )
    const watched: WatcherOptions = {
      ...centred(values),
      step: usualStep(times),
      // What calendars come to; other rules never hold.
      clock: {
        timeZone: timeZone ?? 'UTC',
        exceptions: exceptions as unknown as readonly WeekdayException[],
      },
      rate: perWeek === null ? undefined : perWeek / WEEK,
    }
    const memory = createMemory()
    const watcher = createWatcher(memory, watched)
    if (feedback !== undefined) watcher.told(feedback)
    const trainScores = values.map((value, row) => {
      const { score } = watcher.judge(times[row]!, value)
      watcher.learn(times[row]!, value)
      return score
    })
    return { model: modelOf(watcher, watched, memory), trainScores, trainExtremes: Float64Array.of(0, 1) }
  },
  restore(state) {
    const read = readState('auto', state)
    const timeZone = typeof state.time_zone === 'string' ? state.time_zone : ''
    const exceptions = parsedExceptions(state.weekday_exceptions)
    read.require(exceptions !== undefined, '"weekday_exceptions" are none')
    const rate = read.number('rate')
    const watched: WatcherOptions = {
      centre: read.number('centre'),
      spread: read.number('spread'),
      step: read.number('step'),
      clock: { timeZone, exceptions: exceptions ?? [] },
      rate: rate === 0 ? undefined : rate,
    }
    read.require(watched.spread > 0 && watched.step > 0 && rate >= 0, 'its numbers do not make sense')
    read.require(isTimeZone(timeZone), '"time_zone" is not one')
    const kept: MemoryState = {
      numbers: read.array('numbers', Float64Array),
      values: read.array('values', Float32Array),
      counts: read.array('counts', Uint16Array),
    }
    read.require(
      kept.numbers.every(Number.isFinite) && kept.values.every(Number.isFinite),
      'it is not finite',
    )
    const memory = createMemory(kept)
    const watcher = createWatcher(memory, watched)
    read.require(memory.fits(), 'its arrays do not fit')
    return modelOf(watcher, watched, memory)
  },
})

function parsedExceptions(text: unknown): readonly WeekdayException[] | undefined {
  try {
    const parsed: unknown = JSON.parse(typeof text === 'string' ? text : '')
    return Array.isArray(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isTimeZone(name: string): boolean {
  try {
    zoneOffset(0, name)
    return name !== ''
  } catch {
    return false
  }
}

/** The middle of values, and their mean distance to it. */
function centred(values: Float64Array): { readonly centre: number; readonly spread: number } {
  const centre = medianOf(values.slice())
  let spread = 0
  for (const value of values) spread += Math.abs(value - centre) / values.length
  return { centre, spread: spread > 0 ? spread : Math.abs(centre) * SPREAD_OF_CONSTANT || 1 }
}

/** The usual time between points, ms. */
function usualStep(times: Float64Array): number {
  const steps: number[] = []
  for (let i = 1; i < times.length; i++) if (times[i]! > times[i - 1]!) steps.push(times[i]! - times[i - 1]!)
  return steps.length === 0 ? HOUR : medianOf(Float64Array.from(steps))
}

function modelOf(
  watcher: Watcher,
  { centre, spread, step, clock, rate }: WatcherOptions,
  memory: Memory,
): Model {
  const judge = (data: Matrix): readonly Verdict[] => {
    requireWidth('auto', data, COLUMNS)
    return Array.from({ length: data.rows }, (_, row) =>
      watcher.judge(data.data[row * COLUMNS]!, data.data[row * COLUMNS + 1]!),
    )
  }
  return {
    get state() {
      return {
        centre,
        spread,
        step,
        time_zone: clock.timeZone,
        weekday_exceptions: JSON.stringify(clock.exceptions),
        rate: rate ?? 0,
        ...memory.state(),
      }
    },
    score: (data) => Float64Array.from(judge(data), ({ score }) => score),
    verdicts(data): Verdicts {
      const verdicts = judge(data)
      const column = (pick: (verdict: Verdict) => number) => Float64Array.from(verdicts, pick)
      return {
        scores: column(({ score }) => score),
        expected: column(({ expected }) => expected),
        lower: column(({ lower }) => lower),
        upper: column(({ upper }) => upper),
        strangeness: column(({ strangeness }) => strangeness),
        levels: column(({ level }) => level),
        begins: Uint8Array.from(verdicts, ({ begins }) => Number(begins)),
        reason: (row) => reasonOf(data.data[row * COLUMNS + 1]!, verdicts[row]!),
      }
    },
    partialFit(data) {
      requireWidth('auto', data, COLUMNS)
      requireTrainable('auto', data, 0)
      for (let row = 0; row < data.rows; row++)
        watcher.learn(data.data[row * COLUMNS]!, data.data[row * COLUMNS + 1]!)
    },
  }
}
