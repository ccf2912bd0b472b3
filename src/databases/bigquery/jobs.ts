import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Patience } from '../interruption.ts'
import type { BigqueryClient } from './client.ts'
import { hasStatus } from './errors.ts'

const count = z.coerce.number().optional()
const jobResource = z.object({
  jobReference: z.object({
    projectId: z.string().optional(),
    jobId: z.string().optional(),
    location: z.string().optional(),
  }),
  status: z
    .object({
      state: z.string(),
      errorResult: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
    })
    .optional(),
  statistics: z
    .object({
      numChildJobs: count,
      totalBytesProcessed: count,
      scriptStatistics: z.object({ evaluationKind: z.string().optional() }).optional(),
      query: z
        .object({
          statementType: z.string().optional(),
          numDmlAffectedRows: count,
          totalBytesProcessed: count,
        })
        .optional(),
    })
    .optional(),
})

/** A job as far as we look at it. */
export type JobResource = z.output<typeof jobResource>

/** What the API says of a job. */
export function jobOf(answer: unknown): JobResource {
  return jobResource.parse(answer)
}

export interface RunOptions {
  readonly patience: Patience
  /** Whether it changes data: the outcome of what was told to stop is then waited for, since it may have been done all the same. */
  readonly changes: boolean
}

const FIRST_LOOK_MS = 50
const LONGEST_PAUSE_MS = 1_000
/** How long after the caller gave up the job is still dealt with. */
const CANCEL_READ_MS = 3_000
const CANCEL_CHANGE_MS = 30_000

/** Runs a job to its end; throws what it failed with. When the caller gives up, the job is canceled. */
export function runJob(
  client: BigqueryClient,
  configuration: Readonly<Record<string, unknown>>,
  { location, ...options }: RunOptions & { readonly location: string | undefined },
): Promise<JobResource> {
  // A name of our own makes it harmless to send the same job twice.
  const jobReference = { projectId: client.project, jobId: `anomstack_${randomUUID()}`, location }
  const started = client
    .call({ method: 'POST', path: `projects/${client.project}/jobs`, body: { jobReference, configuration } })
    .then(jobOf)
    .catch((error: unknown) => {
      if (hasStatus(error, 409)) return lookAt(client, { jobReference })
      throw error
    })
  return finishJob(client, started, options)
}

/** Waits for the end of a job that is being started. */
export async function finishJob(
  client: BigqueryClient,
  started: Promise<JobResource>,
  { patience, changes }: RunOptions,
): Promise<JobResource> {
  const over = new AbortController()
  const canceled = patience.ended.catch(async (reason: unknown) => {
    const cancel = async (): Promise<void> => {
      const job = await started
      await client.call({
        method: 'POST',
        path: `${jobPath(client, job)}/cancel`,
        query: { location: job.jobReference.location },
      })
      if (changes) await finished
    }
    await Promise.race([
      cancel().catch(() => {}),
      wait(changes ? CANCEL_CHANGE_MS : CANCEL_READ_MS, undefined, { signal: over.signal }).catch(() => {}),
    ])
    throw reason
  })
  // Nobody may be listening by then.
  canceled.catch(() => {})
  const finished = untilDone(client, started, over.signal)
  finished.catch(() => {})
  try {
    return await Promise.race([finished, canceled])
  } finally {
    over.abort()
  }
}

async function untilDone(
  client: BigqueryClient,
  started: Promise<JobResource>,
  over: AbortSignal,
): Promise<JobResource> {
  let job = await started
  for (
    let pause = FIRST_LOOK_MS;
    job.status?.state !== 'DONE';
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)
  ) {
    await wait(pause, undefined, { signal: over })
    job = await lookAt(client, job)
  }
  const failure = job.status.errorResult
  if (failure !== undefined)
    throw Object.assign(new Error(failure.message ?? 'the job failed'), { reason: failure.reason ?? '' })
  return job
}

async function lookAt(client: BigqueryClient, job: Pick<JobResource, 'jobReference'>): Promise<JobResource> {
  return jobOf(
    await client.call({ path: jobPath(client, job), query: { location: job.jobReference.location } }),
  )
}

function jobPath(client: BigqueryClient, { jobReference }: Pick<JobResource, 'jobReference'>): string {
  return `projects/${jobReference.projectId ?? client.project}/jobs/${jobReference.jobId}`
}
