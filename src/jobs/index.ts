import type { JobName } from '../runs/run.ts'
import { alert } from './alert.ts'
import { backfill } from './backfill.ts'
import { change } from './change.ts'
import { deleteOld } from './delete.ts'
import { ingest } from './ingest.ts'
import type { Job, ProjectJob } from './job.ts'
import { pipeline } from './pipeline.ts'
import { retention } from './retention.ts'
import { score } from './score.ts'
import { summary } from './summary.ts'
import { train } from './train.ts'

/** Every job of a batch, by name. */
export const jobs: ReadonlyMap<JobName, Job> = new Map(
  [ingest, train, score, alert, change, deleteOld, pipeline, backfill].map((job) => [job.name, job]),
)

/** Every job of the whole project, by name. */
export const projectJobs: ReadonlyMap<JobName, ProjectJob> = new Map(
  [summary, retention].map((job) => [job.name, job]),
)
