import type { Batch } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { createRedactor } from '../core/redact.ts'
import type { ServerServices } from './services.ts'
import { type BatchOverview, loadBatchOverview } from './views/batch-overview.ts'
import { type BatchRuns, loadBatchRuns } from './views/batch-runs.ts'
import { withDeadline } from './views/deadline.ts'
import { createFreshCache } from './views/fresh-cache.ts'
import { loadLineage } from './views/lineage.ts'
import type { Lineage } from './views/lineage-nodes.ts'

/** What every route is given: the services, and reads that are remembered for some seconds. */
export interface ServerContext {
  readonly services: ServerServices
  /** Takes the project's secrets out of a text. */
  readonly redact: (text: string) => string
  /** Throws `NOT_FOUND`. */
  batch(name: string): Batch
  /** Throws what the database throws, and `TIMED_OUT` when it does not answer soon enough for a page. */
  overview(batch: Batch): Promise<BatchOverview>
  runs(batch: Batch): Promise<BatchRuns>
  /** What cannot be read of it is said there; throws when the control database does not answer. */
  lineage(batch: Batch): Promise<Lineage>
}

const FRESH_MS = 4_000
const OVERVIEW_PATIENCE_MS = 5_000
const MOST_BATCHES = 2_000

/** One context for the life of a server. */
export function createContext(services: ServerServices): ServerContext {
  const fresh = { milliseconds: FRESH_MS, entries: MOST_BATCHES, now: () => services.clock.now() }
  const overviews = createFreshCache<BatchOverview>(fresh)
  const runs = createFreshCache<BatchRuns>(fresh)
  const lineages = createFreshCache<Lineage>(fresh)
  let redactor = { secrets: [] as readonly string[], redact: (text: string) => text }
  const redact = (text: string): string => {
    const { secrets } = services.project()
    if (secrets !== redactor.secrets) redactor = { secrets, redact: createRedactor(secrets) }
    return redactor.redact(text)
  }
  return {
    services,
    redact,
    batch(name) {
      const batch = services.project().batches.get(name)
      if (batch === undefined)
        throw new AnomstackError('NOT_FOUND', `there is no batch "${shorten(name)}" in the project`)
      return batch
    },
    overview: (batch) =>
      withDeadline(
        overviews.get(batch.name, () => loadBatchOverview(services, batch)),
        OVERVIEW_PATIENCE_MS,
        `reading batch "${shorten(batch.name)}"`,
      ),
    runs: (batch) => runs.get(batch.name, () => loadBatchRuns(services, batch)),
    lineage: (batch) =>
      withDeadline(
        lineages.get(batch.name, () => loadLineage({ services, redact }, batch)),
        OVERVIEW_PATIENCE_MS,
        `reading batch "${shorten(batch.name)}"`,
      ),
  }
}

const shorten = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 200)}…`)
