import type { BatchSettings } from '../config/batch-settings.ts'

const DAY = 86_400_000

/** Rows before this time, epoch ms, are deleted: whole days, counted back from the start of the day of `now` in UTC. */
export function keptSince(settings: BatchSettings, now: number): number {
  return Math.floor(now / DAY) * DAY - settings.delete_after_n_days * DAY
}
