import { statfs } from 'node:fs/promises'
import { freemem, loadavg, totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const TEN_SECONDS = 10_000
const RESOLUTION_MS = 10

/** Called on schedule. Returns rows: when, which metric, which value. */
export async function ingest() {
  const metric_timestamp = new Date(Math.floor(Date.now() / TEN_SECONDS) * TEN_SECONDS)
  const readings = {
    load: loadavg()[0],
    memory_used: (1 - freemem() / totalmem()) * 100,
    disk_used: await diskUsed(),
    event_loop_delay: await eventLoopDelay(),
  }
  return Object.entries(readings).map(([metric_name, metric_value]) => ({
    metric_timestamp,
    metric_name,
    metric_value,
  }))
}

/** Percent used of the disk that holds this file, as `df` says it. */
async function diskUsed(): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(import.meta.dirname)
  const used = blocks - bfree
  return (used / (used + bavail)) * 100
}

/** How many milliseconds a timer came too late, in the worst case of a fifth of a second: a busy machine keeps programs waiting. */
async function eventLoopDelay(): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  await sleep(200)
  delay.disable()
  return Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS)
}
