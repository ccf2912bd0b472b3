import { JOB_NAMES, type JobName, type Run } from '../../runs/run.ts'

/** What notices of a job and batch are about: `job:batch`. */
export function subjectOf({ job, batch = '' }: Pick<Run, 'job' | 'batch'>): string {
  return `${job}:${batch}`
}

/** The job and batch of a subject; names of jobs hold no colon. */
export function partOf(subject: string): Pick<Run, 'job' | 'batch'> {
  const end = subject.indexOf(':')
  const job = JOB_NAMES.find((name): name is JobName => name === subject.slice(0, end)) ?? 'ingest'
  const batch = subject.slice(end + 1)
  return batch === '' ? { job } : { job, batch }
}
