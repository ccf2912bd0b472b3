import type { ControlAccess } from './access.ts'
import { createAlertStore } from './alert-store.ts'
import type { Control } from './control.ts'
import { createNoteStore } from './note-store.ts'
import { createNoticeStore } from './notice-store.ts'
import { noNews, type RunNews } from './run-news.ts'
import { createRunStore } from './run-store.ts'
import { createScheduleStore } from './schedule-store.ts'

export interface StoresOptions {
  readonly access: ControlAccess
  /** For the records of runs, which are made again when they get lost: an engine may be quicker with them. `access` when not given. */
  readonly records?: ControlAccess
  /** How processes hear of each other's runs; they do not when not given. */
  readonly news?: RunNews
}

/** Everything that the control database holds, whichever engine it is on. */
export function createStores({
  access,
  records = access,
  news = noNews,
}: StoresOptions): Omit<Control, 'close'> {
  return {
    runs: createRunStore(records, news),
    alerts: createAlertStore(access),
    schedules: createScheduleStore(access),
    notes: createNoteStore(access),
    notices: createNoticeStore(access),
  }
}
