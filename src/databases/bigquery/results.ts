import type { BigqueryClient } from './client.ts'
import { type JobResource, jobOf } from './jobs.ts'
import type { Field, WireRow } from './values.ts'

/** A part of a result. */
export interface Page {
  readonly fields: readonly Field[]
  readonly rows: readonly WireRow[]
}

interface Answer {
  readonly jobComplete?: boolean
  readonly schema?: { readonly fields?: readonly Field[] }
  readonly rows?: readonly WireRow[]
  readonly pageToken?: string
}

/** The rows of a job that has ended, page by page; none for a statement that returns none. */
export async function* resultPages(client: BigqueryClient, job: JobResource): AsyncGenerator<Page> {
  const source = await jobWithRows(client, job)
  if (source === undefined) return
  const { projectId = client.project, jobId, location } = source.jobReference
  let pageToken: string | undefined
  do {
    const answer = (await client.call({
      path: `projects/${projectId}/queries/${jobId}`,
      query: { location, pageToken, 'formatOptions.useInt64Timestamp': 'true' },
    })) as Answer
    yield { fields: answer.schema?.fields ?? [], rows: answer.rows ?? [] }
    pageToken = answer.pageToken
  } while (pageToken !== undefined && pageToken !== '')
}

/** Of several statements each is a job of its own, the newest first in the list. */
async function jobWithRows(client: BigqueryClient, job: JobResource): Promise<JobResource | undefined> {
  if ((job.statistics?.numChildJobs ?? 0) === 0) return returnsRows(job) ? job : undefined
  let pageToken: string | undefined
  do {
    const answer = (await client.call({
      path: `projects/${client.project}/jobs`,
      query: { parentJobId: job.jobReference.jobId, projection: 'full', pageToken },
    })) as { readonly jobs?: readonly unknown[]; readonly nextPageToken?: string }
    const found = (answer.jobs ?? []).map(jobOf).find(
      (child) =>
        child.statistics?.query?.statementType === 'SELECT' &&
        // The condition of an IF or a WHILE is a SELECT too.
        child.statistics.scriptStatistics?.evaluationKind !== 'EXPRESSION',
    )
    if (found !== undefined) return found
    pageToken = answer.nextPageToken
  } while (pageToken !== undefined && pageToken !== '')
  return undefined
}

function returnsRows({ statistics }: JobResource): boolean {
  return /^(SELECT|SCRIPT)$/.test(statistics?.query?.statementType ?? 'SELECT')
}
