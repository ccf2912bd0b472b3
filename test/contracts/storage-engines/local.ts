import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageEngine } from '../storage-engine.ts'

/** Folders of this machine, with these options. */
export function localEngine(name: string, options: Readonly<Record<string, unknown>>): StorageEngine {
  const folders: string[] = []
  return {
    name,
    kind: 'local',
    start: () => Promise.resolve(),
    async stop() {
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
    },
    async fresh() {
      const folder = await mkdtemp(join(tmpdir(), 'anomstack-storage-'))
      folders.push(folder)
      return { modelPath: `local://${folder}/models`, options }
    },
    exemptions: {},
  }
}
