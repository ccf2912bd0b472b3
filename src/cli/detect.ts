import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createAnomalyPolicy, type PolicyPoint } from '../alerts/anomaly-policy.ts'
import { policyOf } from '../alerts/policy-of.ts'
import type { BatchSettings } from '../config/batch-settings.ts'
import { AnomstackError } from '../core/errors.ts'
import { modelSpecOf } from '../jobs/model-spec-of.ts'
import { withPython } from '../jobs/with-python.ts'
import { createReplayer, type ReplayedPoint } from '../models/replay.ts'
import type { ExitCode } from './exit.ts'
import { fileProblem, isFileError } from './file-problem.ts'
import { loadSettings } from './load-settings.ts'
import { printable } from './paint.ts'
import { plural } from './plural.ts'
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

/** Lines that were left out and are told of one by one. */
const SHOWN = 5

const HEADER = 'timestamp,value,score,alert,expected,lower,upper'

/** Scores one series point by point in constant memory; lines that cannot be read are left out and counted on standard error. */
export async function detect(file: string, options: DetectOptions): Promise<ExitCode> {
  const settings = await loadSettings(options.config)
  const input = file === '-' ? process.stdin : createReadStream(file)
  const name = file === '-' ? 'standard input' : file
  const output = options.out === undefined ? process.stdout : await openOutput(options.out, file)
  const told = createTally()
  const points = readPoints(input, {
    file: name,
    timeZone: settings.time_zone,
    ...(options.timestamp === undefined ? {} : { timestampColumn: options.timestamp }),
    ...(options.value === undefined ? {} : { valueColumn: options.value }),
    skip: told.skipped,
  })
  try {
    const lines = judged(points, settings, { format: options.format, told: told.judged })
    await pipeline(chunks(lines, options.format), output, { end: output !== process.stdout })
  } catch (error) {
    // Whoever read our output (head, less) has seen enough.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0
    if (!isFileError(error)) throw error
    const [problem, where] = [fileProblem(error), (error as NodeJS.ErrnoException).syscall]
    throw new AnomstackError(
      'INPUT_INVALID',
      where === 'write'
        ? `${options.out ?? 'the output'} cannot be written: ${problem}`
        : `${name} cannot be read: ${problem}`,
    )
  }
  return told.report()
}

/** The file to write to. Throws `INPUT_INVALID` when it cannot be written, or is the one that is read. */
async function openOutput(out: string, file: string): Promise<NodeJS.WritableStream> {
  const known = await Promise.all([out, file].map((each) => stat(each).catch(() => undefined)))
  const [target, source] = known
  if (target?.isFile() === true && target.ino === source?.ino && target.dev === source.dev)
    throw new AnomstackError('INPUT_INVALID', `--out names the file that is read, ${file}; write to another`)
  try {
    return (await open(out, 'w')).createWriteStream()
  } catch (error) {
    throw new AnomstackError('INPUT_INVALID', `${out} cannot be written: ${fileProblem(error)}`)
  }
}

/** Counts what happens to lines and points, to tell of what is strange about the whole. */
function createTally() {
  const problems: string[] = []
  const counts = { skipped: 0, judged: 0, scored: 0 }
  let unscored = ''
  return {
    skipped(problem: string) {
      counts.skipped++
      if (problems.length < SHOWN) problems.push(problem)
    },
    judged({ score, reason }: ReplayedPoint) {
      counts.judged++
      if (score === null) unscored = reason
      else counts.scored++
    },
    /** Tells it on standard error; 1 when no line could be read. */
    report(): ExitCode {
      const { skipped, judged: all, scored } = counts
      const lines = [...problems]
      if (skipped > problems.length)
        lines.push(`… and ${plural(skipped - problems.length, 'more line')} left out`)
      if (all > 0 && scored === 0) lines.push(`no point has a score: ${unscored}`)
      if (all === 0 && skipped > 0) lines.push('no line could be read; see --timestamp and --value')
      for (const line of lines) process.stderr.write(`${printable(line)}\n`)
      return all === 0 && skipped > 0 ? 1 : 0
    },
  }
}

/** Lines joined, since writing each by itself takes longer than judging it. */
async function* chunks(lines: AsyncIterable<string>, format: 'csv' | 'json'): AsyncGenerator<string> {
  let joined: string[] = format === 'csv' ? [HEADER] : []
  for await (const line of lines) {
    joined.push(line)
    if (joined.length < FLUSH_ROWS) continue
    yield `${joined.join('\n')}\n`
    joined = []
  }
  if (joined.length > 0) yield `${joined.join('\n')}\n`
}

/** What models that decide when to alert say of a point. */
type Verdict = Pick<PolicyPoint, 'strangeness' | 'level' | 'begins'>

type Points = AsyncIterable<{ readonly timestamp: number; readonly text: string; readonly value: number }>

async function* judged(
  points: Points,
  settings: BatchSettings,
  { format, told }: { readonly format: 'csv' | 'json'; readonly told: (point: ReplayedPoint) => void },
): AsyncGenerator<string> {
  const replayer = createReplayer(withPython(modelSpecOf(settings), settings), {
    metric: 'detect',
    maxPoints: settings.train_max_n,
    maxAgeMs: settings.train_metric_timestamp_max_days_ago * DAY,
    reasonsFrom: 2,
  })
  // There is no other metric to look at, and no project whose calendars would mute.
  const policy = createAnomalyPolicy(policyOf(settings, 'detect'))
  const alerts = (point: ReplayedPoint & Verdict) =>
    point.score !== null && policy.next({ ...point, score: point.score }).alert
  const lineOf = format === 'csv' ? csvLine : jsonLine
  const show = (point: ReplayedPoint, text: string) => {
    told(point)
    return lineOf(point, alerts(point), text)
  }
  for await (const { timestamp, text, value } of points)
    for (const point of replayer.push(timestamp, value))
      yield show(point, point.timestamp === timestamp ? text : new Date(point.timestamp).toISOString())
  for (const point of replayer.flush()) yield show(point, new Date(point.timestamp).toISOString())
}

/** Null for what is not known, or too large for a number. */
const rounded = (value: number | null) =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(9))

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
