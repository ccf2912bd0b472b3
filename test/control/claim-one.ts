import type { RunStore } from '../../src/control/control.ts'
import type { Run } from '../../src/runs/run.ts'

/** Claims the next run of the queue alone. */
export async function claimOne(
  runs: Pick<RunStore, 'claim'>,
  options: Omit<Parameters<RunStore['claim']>[0], 'limit'>,
): Promise<Run | undefined> {
  const [run] = await runs.claim({ ...options, limit: 1 })
  return run
}
