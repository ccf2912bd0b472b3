import { z } from 'zod'
import { parseDuration } from '../../core/duration.ts'
import { AnomstackError } from '../../core/errors.ts'
import type { CheckReply } from '../../functions/function-runner.ts'
import { JOB_NAMES, PROJECT_JOBS } from '../../runs/run.ts'

const SHORTEST = 1_000
const LONGEST = 366 * 86_400_000

const every = z
  .union([z.number(), z.string()])
  .transform((value) => (typeof value === 'number' ? value : (parseDuration(value) ?? Number.NaN)))
  .refine((ms) => ms >= SHORTEST && ms <= LONGEST, {
    error: 'expected a duration of a second to a year, such as 30s, 5m or 1h, or milliseconds',
  })

const run = z
  .strictObject({
    job: z.enum(JOB_NAMES),
    batch: z.string().min(1).optional(),
    key: z.string().min(1).max(500).optional(),
  })
  .refine(({ job, batch }) => batch !== undefined || PROJECT_JOBS.some((one) => one === job), {
    error: 'a batch is missing',
  })
const notice = z.strictObject({ title: z.string().min(1).max(300), text: z.string().max(6_000).default('') })

const request = z
  .strictObject({ run: run.optional(), notice: notice.optional() })
  .refine((asked) => asked.run !== undefined || asked.notice !== undefined, {
    error: 'expected { run } or { notice }',
  })
const result = z
  .union([z.null(), request.transform((one) => [one]), z.array(request).max(1_000)], {
    error:
      'expected nothing, { run: { job, batch, key? } }, { notice: { title, text } }, or an array of such',
  })
  .optional()

const reply = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((name) => !/\p{Cc}/u.test(name), { error: 'expected a name without control characters' })
    .optional(),
  every: every.default(60_000),
  result,
})

/** What a sensor of the user's asks for. */
export interface UserSensorResult {
  readonly name?: string
  readonly everyMs: number
  readonly runs: readonly z.output<typeof run>[]
  readonly notices: readonly z.output<typeof notice>[]
}

/** Checks what came out of a sensor's process. Errors: `FUNCTION_FAILED`, which names the parts that are not valid. */
export function userSensorResult(given: CheckReply, file: string): UserSensorResult {
  const parsed = reply.safeParse({ name: given.name, every: given.every, result: given.result })
  if (!parsed.success) {
    const problems = parsed.error.issues.slice(0, 3).map(({ path, message }) => {
      const where = path[0] === 'result' ? ['what check() returned', ...path.slice(1)] : path
      return `${where.map(String).join('.')}: ${message}`
    })
    throw new AnomstackError('FUNCTION_FAILED', problems.join('; '), { at: { file } })
  }
  const requests = parsed.data.result ?? []
  return {
    ...(parsed.data.name === undefined ? {} : { name: parsed.data.name }),
    everyMs: parsed.data.every,
    runs: requests.flatMap((one) => one.run ?? []),
    notices: requests.flatMap((one) => one.notice ?? []),
  }
}
