import type { Complaint } from './faults.ts'

/** Notes a complaint about a part of the settings. */
export type Note = (path: readonly PropertyKey[], complaint: Complaint, part?: 'key' | 'value') => void
