// Runs jobs of a batch in a process of their own, with nothing in it but the program as it is delivered, and prints how long each took and
// the most memory that the process had: node run-jobs.mjs PROJECT BATCH TIME JOB…
import { createApp } from '../dist/app.js'
import { silentLogger } from '../dist/core/logger.js'

const [project, batch, at, ...jobs] = process.argv.slice(2)
const seconds = {}
const steps = {}
const app = await createApp(project, { logger: () => silentLogger })
for (const job of jobs) {
  const since = performance.now()
  const run = await app.orchestrator.runNow({ job, batch, trigger: 'manual', params: { at: Number(at) } })
  seconds[job] = (performance.now() - since) / 1000
  if (run.status !== 'succeeded') throw new Error(`${job} ${run.status}: ${JSON.stringify(run.error)}`)
  // A batch with many metrics is divided among runs of its own.
  const parts = await app.control.runs.list({ parent: run.id, limit: 10_000 })
  for (const { id } of [run, ...parts])
    for (const { name, result } of await app.control.runs.steps(id)) {
      const key = `${job}: ${name}`
      const earlier = steps[key]?.rows ?? 0
      steps[key] =
        result?.rows === undefined ? result : Object.assign({}, result, { rows: earlier + result.rows })
    }
}
await app.close(0)
process.stdout.write(JSON.stringify({ seconds, steps, peakMemory: process.resourceUsage().maxRSS / 1024 }))
