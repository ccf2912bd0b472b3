import { isStockTemplate } from '../config/stock-templates.ts'
import { AnomstackError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import { hashText } from '../core/random.ts'
import { metricNames } from '../databases/database.ts'
import { type Shard, shardOf } from '../models/shard.ts'
import type { Run } from '../runs/run.ts'
import type { Failures } from './failures.ts'
import type { JobContext } from './job.ts'

/** A part of the work that a run was asked to do. */
export interface Part extends Shard {
  /** The run that the whole work belongs to. */
  readonly group: string
}

/** Which part of the batch this run is to work on; undefined for all of it. Throws `INPUT_INVALID` for parameters that name none. */
export function partOf({ run }: JobContext): Part | undefined {
  const { shard, of, group } = run.params ?? {}
  if (shard === undefined && of === undefined) return undefined
  const whole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value)
  if (whole(shard) && whole(of) && shard >= 1 && shard <= of && typeof group === 'string')
    return { shard, of, group }
  throw new AnomstackError(
    'INPUT_INVALID',
    'parameters "shard", "of" and "group" do not name a part of a batch',
  )
}

/** Names of the metrics of a part. */
export async function metricsOf(
  context: JobContext,
  { shard, of }: Shard,
  since: number,
): Promise<readonly string[]> {
  const names = await listMetrics(context, since)
  return names.filter((name) => shardOf(name, of) === shard)
}

/** Names of so many metrics at most, the same ones each time. */
export async function someMetrics(
  context: JobContext,
  most: number,
  since: number,
): Promise<readonly string[]> {
  const names = await listMetrics(context, since)
  return names.toSorted((a, b) => hashText(a) - hashText(b)).slice(0, most)
}

/** In how many parts the work on a batch is done; 1 when it is not divided. SQL of one's own reads the whole batch, whatever the part, so that is not divided. */
export async function partsFor(
  context: JobContext,
  key: 'train_sql' | 'score_sql',
  since: number,
): Promise<number> {
  const { settings } = context.batch
  if (!isStockTemplate(key, settings[key])) return 1
  const { length } = await listMetrics(context, since)
  return Math.max(1, Math.ceil(length / settings.fan_out_n))
}

/** Names of the batch's metrics, those without rows since then included or not. */
export function listMetrics({ batch, table, signal }: JobContext, since: number): Promise<readonly string[]> {
  return metricNames(table, { batch: batch.name, since }, { signal })
}

/** Has each part done by a run of its own, and waits for all; a part that failed is a failure, and stops no other. */
export async function inParts(
  context: JobContext,
  {
    job,
    of,
    failures,
    params = {},
  }: {
    readonly job: 'train' | 'score'
    readonly of: number
    readonly failures: Failures
    /** For every part. */
    readonly params?: Readonly<Record<string, Json>>
  },
): Promise<void> {
  const { batch, run, signal } = context
  const shards = Array.from({ length: of }, (_, index) => index + 1)
  // Parts live at the same time as the whole: `at` is a pretended one.
  const { at } = run.params ?? {}
  const children = await context.step(
    'fan out',
    () =>
      context.fanOut(
        shards.map((shard) => ({
          job,
          batch: batch.name,
          trigger: 'fan-out',
          shard: `${shard}/${of}`,
          params: { ...params, shard, of, group: run.id, ...(at === undefined ? {} : { at }) },
        })),
      ),
    (ended) => ({ parts: of, failed: ended.filter(({ status }) => status !== 'succeeded').length }),
  )
  signal.throwIfAborted()
  for (const [index, child] of children.entries())
    if (child.status !== 'succeeded')
      failures.add({ batch: batch.name }, problemOf(child, `${index + 1}/${of}`))
}

/** What failed in it was tried again as its own settings say: the whole is not tried again for it. */
function problemOf({ job, status, id, error }: Run, part: string): AnomstackError {
  const why = error === undefined ? status : error.message
  return new AnomstackError(
    error?.code ?? 'JOB_FAILED',
    `${job} of part ${part} ${status === 'canceled' ? 'was canceled' : 'failed'} (run ${id}): ${why}`,
    {
      retryable: false,
    },
  )
}
