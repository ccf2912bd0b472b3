import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Logger } from '../core/logger.ts'
import { recordedJson } from './recorded-json.ts'
import type { LogRecord, Run } from './run.ts'

/** Logs to the program's log, and keeps the records with the run. */
export interface RunLog extends Logger {
  /** Takes out what has been buffered, for whoever writes it; nothing while what came before it is being written. */
  take(): readonly LogRecord[]
  /** Returns what was taken and could not be written. */
  putBack(records: readonly LogRecord[]): void
  /** Writes what has been buffered. It never rejects: a log that cannot be kept does not fail the run. */
  flush(): Promise<void>
  /** Flushes, and says how many records were not kept. */
  close(): Promise<void>
}

export interface RunLogOptions {
  readonly run: Run
  readonly save: (records: readonly LogRecord[]) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
  readonly redact: (text: string) => string
}

const BUFFERED = 200
const LONGEST_MESSAGE = 4_000
/** Kept of one run, of those that tell and of those that warn each: the record of a run is of bounded size. */
const MOST_RECORDS = 1_000

export function createRunLog({ run, save, clock, logger, redact }: RunLogOptions): RunLog {
  const origin: { readonly [key: string]: Json } = {
    run: run.id,
    job: run.job,
    ...(run.batch === undefined ? {} : { batch: run.batch }),
  }
  const kept = { telling: 0, warning: 0 }
  let dropped = 0
  let buffer: LogRecord[] = []
  let writing = Promise.resolve()
  let writes = 0

  function flush(): Promise<void> {
    const records = buffer
    buffer = []
    if (records.length === 0) return writing
    writes++
    writing = writing.then(async () => {
      try {
        await save(records)
      } catch (error) {
        logger.log('error', 'log records of a run could not be kept', {
          ...origin,
          records: records.length,
          problem: redact(messageOf(error)),
        })
      }
      writes--
    })
    return writing
  }

  function keep(record: LogRecord): void {
    const kind = record.level === 'warn' || record.level === 'error' ? 'warning' : 'telling'
    if (kept[kind] >= MOST_RECORDS) {
      dropped++
      return
    }
    kept[kind]++
    buffer.push(record)
    if (buffer.length >= BUFFERED) void flush()
  }

  return {
    log(level, message, fields = {}) {
      const text = redact(message).slice(0, LONGEST_MESSAGE)
      const json = recordedJson(fields, redact) as LogRecord['fields']
      logger.log(level, text, { ...origin, ...json })
      keep({ runId: run.id, at: clock.now(), level, message: text, fields: json })
    },
    take() {
      return writes === 0 ? buffer.splice(0) : []
    },
    putBack(records) {
      buffer.unshift(...records)
    },
    flush,
    async close() {
      if (dropped > 0) {
        buffer.push({
          runId: run.id,
          at: clock.now(),
          level: 'warn',
          message: 'more was logged than is kept with a run',
          fields: { dropped },
        })
        dropped = 0
      }
      await flush()
    },
  }
}
