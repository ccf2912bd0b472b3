import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Benchmark } from './measurement.ts'
import { residentMemory } from './resident-memory.ts'
import { inScratchFolder } from './scratch-folder.ts'
import { freePort, startNode, stop, until } from './server-process.ts'

const BATCHES = 20
const METRICS = 50
const MINUTE = 60_000
const LENGTH_MS = 30 * MINUTE
/** What has been loaded and compiled by then is not growth. */
const WARM_UP_MS = 5 * MINUTE
const WINDOW_MS = 5 * MINUTE
const PAGES = ['/', '/runs', '/alerts', '/api/v1/runs?limit=50', '/batches/soak0']
const root = fileURLToPath(new URL('..', import.meta.url))

/** A server at work for half an hour: a pipeline of each batch every ten seconds, new models every two minutes, and a page each second. */
export const benchmark: Benchmark = () =>
  inScratchFolder(async (folder) => {
    const metrics = join(folder, 'metrics')
    await mkdir(metrics)
    await Promise.all(
      Array.from({ length: BATCHES }, (_, i) => writeFile(join(metrics, `soak${i}.yaml`), batch(i))),
    )
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const args = [join(root, 'dist', 'main.js'), 'start', '--project', folder, '--port', String(port)]
    const server = startNode(args, root)
    try {
      await until(async () => ((await fetch(`${url}/healthz`)).ok ? true : undefined), 60_000)
      const samples = await watch(url, server.child.pid!)
      const from = medianOf(samples, WARM_UP_MS)
      const to = medianOf(samples, LENGTH_MS - WINDOW_MS)
      const [succeeded, failed] = [await count(url, 'succeeded'), await count(url, 'failed')]
      return [
        { name: 'soak: resident memory, minutes 5 to 10, median', value: from, unit: 'MB' },
        { name: 'soak: resident memory, the last 5 of 30 minutes, median', value: to, unit: 'MB' },
        { name: 'soak: growth in between', value: (to / from - 1) * 100, unit: '%', target: { most: 10 } },
        { name: 'soak: runs that succeeded', value: succeeded, unit: 'runs' },
        { name: 'soak: runs that failed', value: failed, unit: 'runs', target: { most: 0 } },
      ]
    } catch (error) {
      throw new Error(`the soak failed: ${server.output()}`, { cause: error })
    } finally {
      await stop(server.child)
    }
  })

/** Seasonal values with noise; one of the metrics jumps now and then. */
function batch(index: number): string {
  return `metric_batch: soak${index}
db: duckdb
schedule: "*/10 * * * * *"
train_cron_schedule: "*/2 * * * *"
alert_methods: console
ingest_sql: |
  select
    now() as metric_timestamp,
    'metric ' || i as metric_name,
    100 + 10 * sin(epoch(now()) / 300 + i) + random() + case when i = 7 and random() < 0.01 then 500 else 0 end as metric_value
  from range(0, ${METRICS}) t(i)
`
}

interface Sample {
  readonly at: number
  readonly megabytes: number
}

async function watch(url: string, pid: number): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const since = performance.now()
  for (let second = 1; ; second++) {
    const at = performance.now() - since
    if (at >= LENGTH_MS) return samples
    if (second % 10 === 0) samples.push({ at, megabytes: residentMemory(pid) })
    const answer = await fetch(`${url}${PAGES[second % PAGES.length]}`)
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`)
    await pause(Math.max(0, second * 1000 - (performance.now() - since)))
  }
}

/** Of the window that begins then. */
function medianOf(samples: readonly Sample[], from: number): number {
  const sorted = samples
    .filter(({ at }) => at >= from && at < from + WINDOW_MS)
    .map(({ megabytes }) => megabytes)
    .sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

async function count(url: string, status: string): Promise<number> {
  let total = 0
  for (let before: string | null = ''; before !== null; ) {
    const page = before === '' ? '' : `&before=${before}`
    const answer = await fetch(`${url}/api/v1/runs?status=${status}&limit=100${page}`)
    const { items, next } = (await answer.json()) as {
      readonly items: readonly unknown[]
      readonly next: string | null
    }
    total += items.length
    before = next
  }
  return total
}
