import { Worker } from 'node:worker_threads'

/** What is written to standard error before a process that took too much memory is killed; V8 says the same of its own limit. */
export const OUT_OF_MEMORY = 'out of memory'

/** Memory of Node itself beside what the code takes. */
const SLACK_MB = 64

/** Runs in its own thread as plain text, so that it starts fast and no loop of user code can hold it up. */
const WATCH = `
const { workerData: { parent, maxRss, message } } = require('node:worker_threads')
const { writeSync } = require('node:fs')
setInterval(() => {
  const tooLarge = process.memoryUsage.rss() > maxRss
  if (tooLarge) try { writeSync(2, message) } catch {}
  if (tooLarge || process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
}, 25)
`

/** Kills this process when it takes more memory than allowed, buffers outside of the heap included, or when the program that started it is gone. */
export function startWatchdog(memoryMb: number): void {
  const maxRss = process.memoryUsage.rss() + (memoryMb + SLACK_MB) * 2 ** 20
  const workerData = { parent: process.ppid, maxRss, message: `\nprocess ${OUT_OF_MEMORY}\n` }
  new Worker(WATCH, { eval: true, workerData, execArgv: [], env: {} }).unref()
}
