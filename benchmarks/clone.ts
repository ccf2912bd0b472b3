import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Benchmark, timed } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'
import { freePort, until } from './server-process.ts'

const LIMIT_MS = 300_000
const root = fileURLToPath(new URL('..', import.meta.url))

/** What a new user does: clone what is committed, `npm start`, and wait for the first anomaly. Packages come from npm's cache where it has them. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const port = await freePort()
    const { seconds } = await timed(async () => {
      const clone = join(folder, 'anomstack')
      execFileSync('git', ['clone', '--quiet', root, clone])
      const started = spawn('npm', ['start', '--', '--port', String(port)], {
        cwd: clone,
        stdio: 'ignore',
        detached: true,
      })
      const ended = once(started, 'exit')
      try {
        const url = `http://127.0.0.1:${port}/api/v1/alerts?kind=anomaly`
        await until(async () => (/"kind":"anomaly"/.test(await textOf(url)) ? true : undefined), LIMIT_MS)
      } finally {
        // The whole group: npm, and the program that it started.
        if (started.pid !== undefined && started.exitCode === null) process.kill(-started.pid, 'SIGTERM')
        await ended
      }
    })
    return [{ name: 'git clone, npm start, first anomaly', value: seconds, unit: 's', target: { most: 60 } }]
  })

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}
