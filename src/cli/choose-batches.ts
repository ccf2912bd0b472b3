import { closest } from 'fastest-levenshtein'
import { formatFault } from '../config/faults.ts'
import type { Project } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'

/** The named batches, or all; faults of the project's files go to standard error. Throws `INPUT_INVALID` for a name that is not there. */
export function chooseBatches(project: Project, names: readonly string[] | undefined): readonly string[] {
  for (const fault of project.faults) process.stderr.write(`${formatFault(fault)}\n`)
  const known = [...project.batches.keys()]
  for (const name of names ?? [])
    if (!project.batches.has(name)) {
      const hint =
        known.length === 0
          ? 'the project has none that can run'
          : `did you mean "${closest(name, known)}"? Known are ${known.join(', ')}`
      throw new AnomstackError('INPUT_INVALID', `there is no batch "${name}"; ${hint}`)
    }
  if (known.length === 0)
    throw new AnomstackError(
      'CONFIG_INVALID',
      `there is no batch that can run in ${project.metricsDir}; \`anomstack init\` writes a starter project`,
    )
  return names ?? known
}
