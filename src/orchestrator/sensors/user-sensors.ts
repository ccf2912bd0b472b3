import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { AnomstackError, messageOf } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { formatTimestamp } from '../../core/timestamp.ts'
import { PROJECT_JOBS } from '../../runs/run.ts'
import type { Sensor, SensorServices } from './sensor.ts'
import { type UserSensorResult, userSensorResult } from './user-sensor-result.ts'

const FOLDER = 'sensors'
const ENDING = /\.(m?[jt]s|py)$/
const LIMITS = { timeoutMs: 60_000, memoryMb: 256 }
const AT_ONCE = 4
/** A sensor that fails is called again after so long, ms of the program's clock. */
const AFTER_FAILURE = 60_000

/** What is kept of a sensor between its calls. */
const kept = z.object({
  /** When it was last called. */
  at: z.number(),
  everyMs: z.number(),
  /** Of its text: one that was changed is called at once. */
  version: z.string(),
})
type Kept = Readonly<z.output<typeof kept>>

interface File {
  /** Relative to the project's folder. */
  readonly file: string
  readonly text: string
  readonly version: string
}

/** Calls the sensors that lie in the project's folder `sensors`, and does what they ask for. */
export function userSensors(services: SensorServices): Sensor {
  const { project, control, clock, logger, notices, functions } = services
  const { notes } = control

  async function files(): Promise<readonly string[]> {
    try {
      const entries = await readdir(path.join(project().dir, FOLDER))
      return entries.filter((name) => ENDING.test(name) && !/^[._]|\.d\.m?ts$|\.test\./.test(name)).sort()
    } catch {
      return []
    }
  }

  async function read(name: string): Promise<File | undefined> {
    try {
      const text = await readFile(path.join(project().dir, FOLDER, name), 'utf8')
      return {
        file: `${FOLDER}/${name}`,
        text,
        version: createHash('sha256').update(text).digest('hex').slice(0, 16),
      }
    } catch {
      // It was deleted, or is being written.
      return undefined
    }
  }

  async function call({ file, text, version }: File, before: Kept | undefined, signal: AbortSignal) {
    const now = clock.now()
    const base = path.basename(file).replace(ENDING, '')
    const key = noteOf(file)
    try {
      if (file.endsWith('.py'))
        throw new AnomstackError(
          'FUNCTION_FAILED',
          'a sensor cannot be written in Python; write it in TypeScript or JavaScript',
          { at: { file } },
        )
      const reply = await functions.check(
        {
          language: file.endsWith('ts') ? 'typescript' : 'javascript',
          text,
          file: path.join(project().dir, file),
        },
        {
          now,
          ...(before === undefined ? {} : { previous: before.at }),
          batches: [...project().batches.keys()],
        },
        { ...LIMITS, signal, onOutput: (line) => logger.log('info', line, { sensor: base }) },
      )
      const result = userSensorResult(reply, file)
      const name = result.name ?? base
      await act({ name, file }, result)
      await notes.set(key, { at: now, everyMs: result.everyMs, version }, now)
      await worksAgain(file, name)
    } catch (error) {
      if (signal.aborted) return
      await tellFailure(file, error)
      await notes.set(key, { at: now, everyMs: before?.everyMs ?? AFTER_FAILURE, version }, now)
    }
  }

  async function act(sensor: { readonly name: string; readonly file: string }, result: UserSensorResult) {
    const { name, file } = sensor
    for (const { job, batch } of result.runs)
      if (!PROJECT_JOBS.some((one) => one === job) && !project().batches.has(batch ?? ''))
        throw new AnomstackError(
          'FUNCTION_FAILED',
          `it asks for ${job} of a batch "${batch}" that is not there`,
          {
            at: { file },
          },
        )
    for (const { job, batch, key } of result.runs)
      await services.orchestrator.enqueue(
        { job, trigger: 'sensor', ...(batch === undefined ? {} : { batch }) },
        key === undefined ? {} : { idempotencyKey: `sensor:${name}:${job}:${batch ?? ''}:${key}` },
      )
    await tell(sensor, result)
  }

  /** A notice that a sensor goes on to ask for is one; when it does not any more, the next is another. */
  async function tell(
    { name, file }: { readonly name: string; readonly file: string },
    { notices: asked }: UserSensorResult,
  ): Promise<void> {
    const subjects = new Map(asked.map((notice) => [subjectOf(file, notice.title), notice]))
    for (const [subject, { title, text }] of subjects)
      await notices.open({
        kind: 'sensor',
        subject,
        since: clock.now(),
        title: `📣 ${title}`,
        text: text === '' ? `The sensor ${name} says so.` : text,
        details: { sensor: name, file },
      })
    const mine = subjectOf(file, '')
    for (const [subject, open] of await notices.opened('sensor'))
      if (subject.startsWith(mine) && !subjects.has(subject)) await notices.resolve(open)
  }

  async function tellFailure(file: string, error: unknown): Promise<void> {
    const now = clock.now()
    const code = error instanceof AnomstackError ? error.code : 'FUNCTION_FAILED'
    logger.log('warn', 'sensor failed', { sensor: file, code, problem: messageOf(error) })
    await notices.open({
      kind: 'sensor-failed',
      subject: file,
      since: now,
      title: `❌ sensor [${file}] failed (${formatTimestamp(now)}) ❌`,
      text: `${code}: ${messageOf(error)}\n\nFurther failures are not told of until it works.`,
      details: { file, code },
    })
  }

  async function worksAgain(file: string, name: string): Promise<void> {
    const open = (await notices.opened('sensor-failed')).get(file)
    if (open === undefined) return
    const now = clock.now()
    await notices.resolve(open, {
      title: `✅ sensor [${file}] works again (${formatTimestamp(now)}) ✅`,
      text: `${name} works again; it had failed since ${formatTimestamp(open.since)}.`,
    })
  }

  /** Those of sensors that are gone. */
  async function forget(names: readonly string[]): Promise<void> {
    const there = new Set(names.map((name) => `${FOLDER}/${name}`))
    for (const kind of ['sensor-failed', 'sensor'] as const)
      for (const [subject, open] of await notices.opened(kind)) {
        const file = kind === 'sensor' ? subject.split(': ', 1)[0]! : subject
        if (!there.has(file)) await notices.resolve(open)
      }
  }

  return {
    name: 'user-sensors',
    summary:
      'Calls the sensors of the project’s folder `sensors`, and queues the runs and tells the notices that they ask for.',
    everyMs: 2_000,
    timeoutMs: 600_000,
    scope: 'cluster',
    async check({ signal }) {
      const names = await files()
      await forget(names)
      const due: { readonly file: File; readonly before: Kept | undefined }[] = []
      for (const name of names) {
        const file = await read(name)
        if (file === undefined) continue
        const before = keptOf(await notes.get(noteOf(file.file)))
        if (isDue(file, before, clock.now())) due.push({ file, before })
      }
      const lane = async (): Promise<void> => {
        for (let next = due.shift(); next !== undefined && !signal.aborted; next = due.shift())
          await call(next.file, next.before, signal)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, lane))
    },
  }
}

const noteOf = (file: string): string => `user-sensor:${file}`

const subjectOf = (file: string, title: string): string => `${file}: ${title}`

function isDue({ version }: File, before: Kept | undefined, now: number): boolean {
  if (before === undefined || before.version !== version) return true
  // A clock that was set back does not put it off for ever.
  return now - before.at >= before.everyMs || now < before.at
}

function keptOf(note: Json | undefined): Kept | undefined {
  return kept.safeParse(note).data
}
