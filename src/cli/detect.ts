import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createAnomalyPolicy } from '../alerts/anomaly-policy.ts'
import type { BatchSettings } from '../config/batch-settings.ts'
import { AnomstackError, messageOf } from '../core/errors.ts'
import { modelSpecOf } from '../jobs/model-spec-of.ts'
import { createReplayer, type ReplayedPoint } from '../models/replay.ts'
import type { ExitCode } from './exit.ts'
import { loadSettings } from './load-settings.ts'
import { readPoints } from './read-points.ts'

export interface DetectOptions {
  readonly timestamp?: string
  readonly value?: string
  readonly config?: string
  readonly out?: string
  readonly format: 'csv' | 'json'
}

const DAY = 86_400_000

/** Rows joined before they are written. */
const FLUSH_ROWS = 2_000

/** Scores one series point by point in constant memory; lines that cannot be read are left out and counted on standard error. */
export async function detect(file: string, options: DetectOptions): Promise<ExitCode> {
  const settings = await loadSettings(options.config)
  const input = file === '-' ? process.stdin : createReadStream(file)
  const output = options.out === undefined ? process.stdout : createWriteStream(options.out)
  const skipped: string[] = []
  let skippedCount = 0
  try {
    const points = readPoints(input, {
      file: file === '-' ? 'standard input' : file,
      timeZone: settings.time_zone,
      ...(options.timestamp === undefined ? {} : { timestampColumn: options.timestamp }),
      ...(options.value === undefined ? {} : { valueColumn: options.value }),
      skip(problem) {
        skippedCount++
        if (skipped.length < 5) skipped.push(problem)
      },
    })
    let lines: string[] = options.format === 'csv' ? ['timestamp,value,score,alert,expected,lower,upper'] : []
    for await (const line of judged(points, settings, options.format)) {
      lines.push(line)
      if (lines.length < FLUSH_ROWS) continue
      if (!output.write(`${lines.join('\n')}\n`)) await once(output, 'drain')
      lines = []
    }
    if (lines.length > 0) output.write(`${lines.join('\n')}\n`)
    if (output !== process.stdout)
      await new Promise<void>((resolve, reject) => output.on('error', reject).end(resolve))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw new AnomstackError('INPUT_INVALID', `${file} cannot be read: ${messageOf(error)}`)
    // Whoever read our output (head, less) has seen enough.
    if (code === 'EPIPE') return 0
    throw error
  }
  for (const problem of skipped) process.stderr.write(`${problem}\n`)
  if (skippedCount > skipped.length)
    process.stderr.write(`… and ${skippedCount - skipped.length} more lines were left out\n`)
  return 0
}

type Points = AsyncIterable<{ readonly timestamp: number; readonly text: string; readonly value: number }>

async function* judged(
  points: Points,
  settings: BatchSettings,
  format: 'csv' | 'json',
): AsyncGenerator<string> {
  const replayer = createReplayer(modelSpecOf(settings), {
    metric: 'detect',
    maxPoints: settings.train_max_n,
    maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
    reasonsFrom: 2,
  })
  const policy = createAnomalyPolicy({
    threshold: settings.alert_threshold,
    smoothN: settings.alert_smooth_n,
    snoozeN: settings.alert_snooze_n,
  })
  const lineOf = format === 'csv' ? csvLine : jsonLine
  for await (const { timestamp, text, value } of points)
    for (const point of replayer.push(timestamp, value)) {
      const alert = point.score !== null && policy.next(point.score).alert
      yield lineOf(
        point,
        alert,
        point.timestamp === timestamp ? text : new Date(point.timestamp).toISOString(),
      )
    }
  for (const point of replayer.flush()) {
    const alert = point.score !== null && policy.next(point.score).alert
    yield lineOf(point, alert, new Date(point.timestamp).toISOString())
  }
}

const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(9)))

function csvLine(
  { value, score, expected, lower, upper }: ReplayedPoint,
  alert: boolean,
  timestamp: string,
): string {
  const quoted = /[",\r\n]/.test(timestamp) ? `"${timestamp.replaceAll('"', '""')}"` : timestamp
  return `${quoted},${value},${score ?? ''},${alert ? 1 : 0},${rounded(expected) ?? ''},${rounded(lower) ?? ''},${rounded(upper) ?? ''}`
}

function jsonLine(
  { value, score, expected, lower, upper }: ReplayedPoint,
  alert: boolean,
  timestamp: string,
): string {
  return JSON.stringify({
    timestamp,
    value,
    score,
    alert: alert ? 1 : 0,
    expected: rounded(expected),
    lower: rounded(lower),
    upper: rounded(upper),
  })
}
