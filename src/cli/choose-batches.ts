import { closest } from 'fastest-levenshtein'
import type { Project } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { showFaults } from './show-faults.ts'

/** The named batches, or all; faults of the project's files go to standard error. Throws `INPUT_INVALID` for a name that is not there,
 * `CONFIG_INVALID` when there is nothing to run. */
export function chooseBatches(project: Project, names: readonly string[] | undefined): readonly string[] {
  showFaults(project.faults, process.stderr)
  const known = [...project.batches.keys()]
  if (known.length === 0)
    throw new AnomstackError(
      'CONFIG_INVALID',
      project.faults.length > 0
        ? `there is no batch that can run in ${project.metricsDir}; correct the faults above`
        : `there is no batch in ${project.metricsDir}; \`anomstack init\` writes a starter project, --project names another folder`,
    )
  for (const name of names ?? [])
    if (!project.batches.has(name)) {
      const broken = project.faults.some(({ batch, severity }) => batch === name && severity === 'error')
      throw new AnomstackError(
        'INPUT_INVALID',
        broken
          ? `batch "${name}" cannot run; correct the faults above`
          : `there is no batch "${name}"; did you mean "${closest(name, known)}"? Known are ${known.join(', ')}`,
      )
    }
  return names ?? known
}
