import { catalogs } from '../catalogs.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { ExitCode } from './exit.ts'
import { paintFor } from './paint.ts'
import { plural } from './plural.ts'
import { showFaults } from './show-faults.ts'

/** Prints every fault of every file; 1 when there is an error, or with `strict` a warning or no batch at all. */
export async function validate(options: {
  readonly project: string
  readonly strict?: boolean
  readonly json?: boolean
}): Promise<ExitCode> {
  const { batches, faults, metricsDir } = await loadProject(options.project, catalogs, processEnvironment())
  const errors = faults.filter((fault) => fault.severity === 'error').length
  const warnings = faults.length - errors
  const empty = batches.size === 0 && faults.length === 0
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ batches: [...batches.keys()], faults }, null, 2)}\n`)
  } else {
    const paint = paintFor(process.stdout)
    showFaults(faults, process.stdout)
    const counts = [
      ...(errors > 0 ? [paint.red(plural(errors, 'error'))] : []),
      ...(warnings > 0 ? [paint.yellow(plural(warnings, 'warning'))] : []),
    ]
    const found = counts.length === 0 ? paint.green('no faults') : counts.join(', ')
    process.stdout.write(
      empty
        ? `There is no batch in ${metricsDir}; \`anomstack init\` writes a starter project.\n`
        : `${plural(batches.size, 'batch', 'batches')} can run; ${found}.\n`,
    )
  }
  return errors > 0 || (options.strict === true && (warnings > 0 || empty)) ? 1 : 0
}
