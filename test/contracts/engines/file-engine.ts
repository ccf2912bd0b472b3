import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engine } from '../engine.ts'

/** An engine whose databases are files. */
export function fileEngine(
  name: string,
  rest: Pick<Engine, 'endless' | 'originalTable' | 'timestampKind'>,
): Engine {
  let folder = ''
  let files = 0
  return {
    name,
    ...rest,
    exemptions: {},
    start: async () => {
      folder = mkdtempSync(join(tmpdir(), `anomstack-${name}-`))
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
    freshOptions: async () => {
      files += 1
      return { path: join(folder, `${files}.db`) }
    },
  }
}
