import { catalogs } from '../catalogs.ts'
import { formatFault } from '../config/faults.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { ExitCode } from './exit.ts'

/** Prints every fault of every file; 1 when there is an error, or with `strict` a warning. */
export async function validate(options: {
  readonly project: string
  readonly strict?: boolean
  readonly json?: boolean
}): Promise<ExitCode> {
  const project = await loadProject(options.project, catalogs, processEnvironment())
  const errors = project.faults.filter((fault) => fault.severity === 'error').length
  const warnings = project.faults.length - errors
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ batches: [...project.batches.keys()], faults: project.faults }, null, 2)}\n`,
    )
  } else {
    for (const fault of project.faults) process.stdout.write(`${formatFault(fault)}\n`)
    const found =
      project.faults.length === 0 ? 'no faults' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`
    process.stdout.write(`${plural(project.batches.size, 'batch', 'batches')} can run; ${found}.\n`)
  }
  return errors > 0 || (options.strict === true && warnings > 0) ? 1 : 0
}

function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
