import { deepFreeze } from './freeze.ts'
import type { Batch, Fault, Project } from './project.ts'

export interface MergedProject {
  readonly project: Project
  /** Batches that go on as they were, because their files are faulty now. */
  readonly kept: readonly string[]
  /** False when something that all batches share is faulty: then everything goes on as it was. */
  readonly accepted: boolean
}

const identity = ({ file, batch, message }: Fault): string => JSON.stringify([file, batch ?? null, message])

/** Whether the fault is of something that is not one batch's: `anomstack.yaml`, `.env`, the defaults, the environment, a folder. */
function isShared({ batch, file }: Fault): boolean {
  if (batch !== undefined) return false
  return !/\.ya?ml$/i.test(file) || /(^|\/)(anomstack|defaults)\.ya?ml$/i.test(file)
}

function isFaulty(batch: Batch, errors: readonly Fault[]): boolean {
  return errors.some((fault) => fault.batch === batch.name || fault.file === batch.file)
}

function sorted<Value>(entries: Iterable<readonly [string, Value]>): ReadonlyMap<string, Value> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * The project as it goes on after its folder was read anew. A batch that has errors now goes on as it was, with its connection and storage; one whose file is gone is gone.
 * New errors in what all batches share leave everything as it was. `tolerated` are the faults of what was accepted last.
 */
export function mergeProjects(
  current: Project,
  loaded: Project,
  tolerated: readonly Fault[] = current.faults,
): MergedProject {
  const errors = loaded.faults.filter(({ severity }) => severity === 'error')
  const known = new Set(tolerated.map(identity))
  const secrets = [...new Set([...current.secrets, ...loaded.secrets])].sort()
  if (errors.some((fault) => isShared(fault) && !known.has(identity(fault))))
    return {
      project: deepFreeze({ ...current, faults: loaded.faults, secrets }),
      kept: [...current.batches.keys()],
      accepted: false,
    }
  const kept = [...current.batches.values()].filter(
    (batch) => !loaded.batches.has(batch.name) && isFaulty(batch, errors),
  )
  const lacking = <Value>(
    from: ReadonlyMap<string, Value>,
    into: ReadonlyMap<string, Value>,
    names: readonly string[],
  ): ReadonlyMap<string, Value> =>
    sorted([...[...from].filter(([name]) => names.includes(name) && !into.has(name)), ...into])
  return {
    project: deepFreeze({
      ...loaded,
      // The control database is open there.
      dataDir: current.dataDir,
      // Time goes on as it does.
      server: {
        ...loaded.server,
        clockSpeed: current.server.clockSpeed,
        ...(current.server.clockStart === undefined ? {} : { clockStart: current.server.clockStart }),
      },
      batches: sorted([...loaded.batches, ...kept.map((batch) => [batch.name, batch] as const)]),
      connections: lacking(
        current.connections,
        loaded.connections,
        kept.flatMap(({ settings }) => [settings.db, settings.ingest_db ?? settings.db]),
      ),
      storages: lacking(
        current.storages,
        loaded.storages,
        kept.map(({ settings }) => settings.model_path.split('://', 1)[0]!),
      ),
      secrets,
    }),
    kept: kept.map(({ name }) => name),
    accepted: true,
  }
}
