// `npm run chaos [seed] [ticks]`: a thousand pipelines while workers are killed and PostgreSQL is restarted at random.
import { chaos } from './chaos.ts'

const [seed = Date.now() % 1_000_000, ticks = 50] = process.argv.slice(2).map(Number)
process.stdout.write(`seed ${seed}\n`)
const report = await chaos({
  seed,
  batches: 20,
  ticks,
  workers: 3,
  say: (line) => void process.stdout.write(`${line}\n`),
})
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
process.exitCode = report.broken.length === 0 ? 0 : 1
