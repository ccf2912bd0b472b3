import type { ControlAccess } from './access.ts'
import { createAlertStore } from './alert-store.ts'
import type { Control } from './control.ts'
import { createNoteStore } from './note-store.ts'
import { createRunStore } from './run-store.ts'
import { createScheduleStore } from './schedule-store.ts'

/** Everything that the control database holds, whichever engine it is on. */
export function createStores(access: ControlAccess): Omit<Control, 'close'> {
  return {
    runs: createRunStore(access),
    alerts: createAlertStore(access),
    schedules: createScheduleStore(access),
    notes: createNoteStore(access),
  }
}
