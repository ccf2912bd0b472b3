import { channels } from './channels/index.ts'
import { databases } from './databases/index.ts'
import { detectors } from './detectors/index.ts'
import { storages } from './storages/index.ts'

/** Every plug-in that a project can name. */
export const catalogs = { channels, databases, detectors, storages }
