import { distance } from 'fastest-levenshtein'
import type { Fault } from './project.ts'

/** Where something stands: a file relative to the project's folder with line and column from 1, or an environment variable. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** What is wrong, and what to write instead where that can be guessed. */
export interface Complaint {
  readonly message: string
  readonly suggestion?: string | undefined
  readonly severity?: Fault['severity']
}

/** Takes note of what is wrong at a place. */
export type Report = (place: Place, complaint: Complaint) => void

/** A fault of a complaint at a place. */
export function faultAt(
  place: Place,
  { message, suggestion, severity = 'error' }: Complaint,
  batch?: string,
): Fault {
  return {
    severity,
    ...place,
    ...(batch === undefined ? {} : { batch }),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

/** `file:line:col: error: message (did you mean …?)` */
export function formatFault({ file, line, column, severity, message, suggestion }: Fault): string {
  const position = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`
  const hint = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`
  return `${file}${position}: ${severity}: ${message}${hint}`
}

/** Each fault once, in the order of files and lines. */
export function sortFaults(faults: readonly Fault[]): readonly Fault[] {
  const unique = new Map(
    faults.map((fault) => [JSON.stringify([fault.file, fault.line, fault.column, fault.message]), fault]),
  )
  return [...unique.values()].sort(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  )
}

/** The candidate that was probably meant by a misspelt name, if any is near; capitals make no difference. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > 200) return undefined
  let best: string | undefined
  let smallest = Math.ceil(name.length * 0.4)
  for (const candidate of candidates) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase())
    if (steps < smallest || (steps === smallest && best === undefined)) {
      best = candidate
      smallest = steps
    }
  }
  return best
}

/** Names for a message: `a, b, c`, or `none`. */
export function listNames(names: Iterable<string>): string {
  return [...names].join(', ') || 'none'
}
