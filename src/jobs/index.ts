import type { JobName } from '../runs/run.ts'
import { alert } from './alert.ts'
import { backfill } from './backfill.ts'
import { change } from './change.ts'
import { deleteOld } from './delete.ts'
import { ingest } from './ingest.ts'
import type { Job } from './job.ts'
import { pipeline } from './pipeline.ts'
import { score } from './score.ts'
import { train } from './train.ts'

/** Every job, by name. */
export const jobs: ReadonlyMap<JobName, Job> = new Map(
  [ingest, train, score, alert, change, deleteOld, pipeline, backfill].map((job) => [job.name, job]),
)
