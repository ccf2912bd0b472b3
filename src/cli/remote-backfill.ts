import { systemClock } from '../core/clock.ts'
import type { BackfillBody } from '../server/rest/backfills.ts'
import type { WantedBackfill } from './backfill-options.ts'
import { callServer, reportOf } from './remote-run.ts'

const POLL = 300

/** Has a running server replay the batches as one set, shows how far each is, and waits for the end; an interruption cancels what has not ended. */
export async function backfillThroughServer(
  url: string,
  wanted: WantedBackfill & { readonly show: (done: number, of: number, what: string) => void },
): Promise<void> {
  const { batches, params, signal, report, show } = wanted
  const { group } = await callServer<BackfillBody>(url, '/api/v1/backfills', { batches, ...params })
  const told = new Set<string>()
  let canceled = false
  for (;;) {
    const { items } = await callServer<BackfillBody>(url, `/api/v1/backfills/${encodeURIComponent(group)}`)
    for (const { run, batch, status, progress } of items) {
      if (progress !== undefined) show(progress.metrics, progress.of, batch)
      if (status === 'queued' || status === 'running' || told.has(run)) continue
      told.add(run)
      report(await reportOf(url, run))
    }
    const open = items.filter(({ status }) => status === 'queued' || status === 'running')
    if (open.length === 0) return
    if (signal.aborted && !canceled) {
      canceled = true
      // One that has ended meanwhile cannot be canceled, and need not be.
      for (const { run } of open)
        await callServer(url, `/api/v1/runs/${encodeURIComponent(run)}/cancel`, {}).catch(() => {})
    }
    await systemClock.sleep(POLL, canceled ? undefined : signal)
  }
}
