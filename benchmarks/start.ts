import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Benchmark, timed } from './measurement.ts'
import { residentMemory } from './resident-memory.ts'
import { inScratchFolder } from './scratch-folder.ts'
import { freePort, startNode, stop, until } from './server-process.ts'

const IDLE_MS = 20_000
const root = fileURLToPath(new URL('..', import.meta.url))

/** The program that `npm start` starts once everything is installed and built, on a new copy of the demo project. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const project = join(folder, 'demo')
    await cp(join(root, 'examples', 'demo'), project, {
      recursive: true,
      filter: (source) => !/[\\/](\.anomstack|tmpdata|models)$/.test(source),
    })
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const main = join(root, 'dist', 'main.js')
    const args = [main, 'start', '--project', project, '--backfill', '--port', String(port)]
    let server: ReturnType<typeof startNode> | undefined
    try {
      const { seconds } = await timed(() => {
        server = startNode(args, root)
        return until(async () => ((await fetch(`${url}/healthz`)).ok ? true : undefined), 60_000)
      })
      await until(() => backfilled(url), 120_000)
      await pause(IDLE_MS)
      return [
        { name: 'start: first answer over HTTP', value: seconds, unit: 's', target: { most: 2 } },
        {
          name: 'start: resident memory, 20 s after the first backfill',
          value: residentMemory(server!.child.pid!),
          unit: 'MB',
          target: { most: 200 },
        },
      ]
    } catch (error) {
      throw new Error(`start failed: ${server?.output()}`, { cause: error })
    } finally {
      if (server !== undefined) await stop(server.child)
    }
  })

/** True once no batch is still replaying its history. */
async function backfilled(url: string): Promise<true | undefined> {
  const runs = await (await fetch(`${url}/api/v1/runs?job=backfill`)).text()
  return /"succeeded"/.test(runs) && !/"(queued|running)"/.test(runs) ? true : undefined
}
