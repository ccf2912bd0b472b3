import { formatFault } from '../config/faults.ts'
import type { Fault } from '../config/project.ts'
import { paintFor, printable } from './paint.ts'

/** Prints faults, one a line: `file:line:column: error: message (did you mean …?)`. */
export function showFaults(faults: readonly Fault[], stream: NodeJS.WriteStream): void {
  const paint = paintFor(stream)
  for (const fault of faults) {
    const text = printable(formatFault(fault))
    const mark = `: ${fault.severity}: `
    const at = text.indexOf(mark)
    const severity = fault.severity === 'error' ? paint.red('error') : paint.yellow('warning')
    const line =
      at < 0 ? text : `${paint.bold(text.slice(0, at))}: ${severity}: ${text.slice(at + mark.length)}`
    stream.write(`${line}\n`)
  }
}
