import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Logger } from '../core/logger.ts'
import { isCount, recordedJson } from './recorded-json.ts'
import type { LogRecord, Run, Step } from './run.ts'
import { runErrorOf } from './run-error.ts'
import { createRunLog } from './run-log.ts'

/** Records the steps of a run. */
export interface StepRecorder {
  /**
   * Runs a named part of the run: records that it runs, then how it ended. What it returns is recorded as `note` puts it, or as it is when it is a
   * simple value or a plain object of few; its error is recorded and thrown on. Steps may run side by side, and within one another:
   * those started through the recorder that `work` is given are named `name/…`.
   */
  step<Result>(
    name: string,
    work: (within: StepRecorder) => Promise<Result>,
    note?: (result: Result) => Json,
  ): Promise<Result>
}

/** What a job sees of the record of its run. */
export interface RunRecorder extends StepRecorder {
  /** Its records are kept with the run. */
  readonly logger: Logger
  /** Writes what is left of the log; call it when the run has ended, however it did. */
  close(): Promise<void>
}

/** Where the records go: the part of the control database's run store that a recorder needs. */
export interface RunRecords {
  saveStep(step: Step, logs?: readonly LogRecord[]): Promise<void>
  saveLogs(records: readonly LogRecord[]): Promise<void>
}

export interface RunRecorderOptions {
  readonly runs: RunRecords
  readonly run: Run
  readonly clock: Clock
  /** The program's log: everything goes there too. */
  readonly logger: Logger
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string
}

const LONGEST_NAME = 200

/** Records one attempt of a run: its steps, their results and errors, and its log, without secrets. Errors: those of the steps, and `CONTROL_FAILED`. */
export function createRunRecorder({ runs, run, clock, logger, redact }: RunRecorderOptions): RunRecorder {
  const log = createRunLog({ run, save: (records) => runs.saveLogs(records), clock, logger, redact })
  let started = 0

  /** Writes how a step ended together with what was logged meanwhile. */
  async function save(step: Step): Promise<void> {
    const logs = log.take()
    try {
      await runs.saveStep(step, logs)
    } catch (error) {
      log.putBack(logs)
      // A log that cannot be kept does not fail the step.
      if (logs.length === 0) throw error
      await runs.saveStep(step)
    }
  }

  async function recordFailure(step: Step, error: unknown): Promise<void> {
    try {
      await save({ ...step, status: 'failed', endedAt: clock.now(), error: runErrorOf(error, redact) })
    } catch (problem) {
      // What made the step fail matters more than that this could not be recorded.
      log.log('error', 'a failed step could not be recorded', {
        step: step.name,
        problem: messageOf(problem),
      })
    }
  }

  function under(prefix: string): StepRecorder {
    return {
      async step(name, work, note) {
        const path = redact(`${prefix}${name}`).slice(0, LONGEST_NAME)
        const index = started++
        const step: Step = {
          runId: run.id,
          index,
          name: path,
          attempt: run.attempt,
          status: 'running',
          startedAt: clock.now(),
        }
        await runs.saveStep(step)
        try {
          const result = await work(under(`${prefix}${name}/`))
          const kept = note === undefined ? (isCount(result) ? result : undefined) : note(result)
          const json = recordedJson(kept, redact)
          await save({
            ...step,
            status: 'succeeded',
            endedAt: clock.now(),
            ...(json === undefined ? {} : { result: json }),
          })
          return result
        } catch (error) {
          await recordFailure(step, error)
          throw error
        } finally {
          await log.flush()
        }
      },
    }
  }

  return { ...under(''), logger: log, close: () => log.close() }
}
