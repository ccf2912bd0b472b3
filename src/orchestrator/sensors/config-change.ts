import { mergeProjects } from '../../config/merge-projects.ts'
import type { Fault } from '../../config/project.ts'
import { projectChanges } from '../../config/project-changes.ts'
import { watchProject } from '../../config/watch-project.ts'
import { reportFaults } from './config-faults.ts'
import { refitChanged } from './refit.ts'
import type { Sensor, SensorServices } from './sensor.ts'

const LISTED = 20

/** Takes up what was changed in the project's folder: what is valid at once, what is faulty once it has been corrected. */
export function configChange(services: SensorServices): Sensor {
  const { project, clock, logger, notices } = services
  const { dir, dataDir, server } = project()
  const watcher = watchProject({ dir, dataDir })
  // The folder may have changed since it was read at the start.
  let pending = true
  let tolerated = project().faults

  async function reload(): Promise<void> {
    const loaded = await services.loadProject()
    const before = project()
    const { project: next, kept, accepted } = mergeProjects(before, loaded, tolerated)
    const { added, removed, changed } = projectChanges(before, next)
    services.useProject(next)
    if (accepted) tolerated = loaded.faults
    if (added.length + removed.length + changed.length > 0)
      logger.log('info', 'project changed', {
        added: added.slice(0, LISTED),
        removed: removed.slice(0, LISTED),
        changed: changed.slice(0, LISTED),
      })
    const consequence = (faults: readonly Fault[]): string => {
      if (!accepted) return 'Nothing that was changed takes effect until this is corrected.'
      const going = kept.filter(
        (name) =>
          faults.some((fault) => fault.batch === name) ||
          faults.some(({ file }) => next.batches.get(name)?.file === file),
      )
      if (going.length === 0) return 'What is faulty is left out until it is corrected.'
      return `${going.map((name) => `"${name}"`).join(', ')} ${going.length === 1 ? 'goes' : 'go'} on as before until this is corrected.`
    }
    await reportFaults({ notices, clock, faults: loaded.faults, consequence })
    const refitted = await refitChanged(services)
    if (refitted.length > 0)
      logger.log('info', 'batches are trained anew, since what decides their fit has changed', {
        batches: refitted.slice(0, LISTED),
      })
  }

  return {
    name: 'config-change',
    summary:
      'Takes up changes of the project’s files, keeps what was valid of those that are faulty, and tells of the faults.',
    everyMs: server.configWatcherMs,
    timeoutMs: 300_000,
    scope: 'process',
    async check({ signal }) {
      if (!server.configWatcher) return
      if (await watcher.look(signal)) pending = true
      if (!pending) return
      await reload()
      pending = false
    },
    ...(server.configWatcher ? { watch: (poke) => watcher.listen(poke) } : {}),
  }
}
