// A process that executes runs through DBOS. Arguments: address of the database, and what its handler does:
// work: notes the effect and ends; hang: notes the start and waits until it is told to stop; die: notes the start and kills its process;
// divide: has six parts of the run done, each of which works for a second;
// slow: works for two seconds of its own and then notes the effect, if it may.
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { openPostgresControl } from '../../src/control/postgres-control.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createDbosOrchestrator } from '../../src/orchestrator/dbos.ts'
import type { JobHandler } from '../../src/orchestrator/orchestrator.ts'

const [url = '', mode = 'work', concurrency = '4'] = process.argv.slice(2)

async function note(kind: string, run: string): Promise<void> {
  for (;;) {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('insert into effect (kind, run, pid) values ($1, $2, $3)', [kind, run, process.pid])
      return
    } catch {
      // The server is away: try again.
      await delay(50)
    } finally {
      await client.end().catch(() => {})
    }
  }
}

const handlers: Record<string, JobHandler> = {
  work: async ({ run, assertHeld }) => {
    await note('started', run.id)
    assertHeld()
    await note('effect', run.id)
  },
  hang: async ({ run, signal }) => {
    await note('started', run.id)
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  },
  die: async ({ run }) => {
    await note('started', run.id)
    process.kill(process.pid, 'SIGKILL')
  },
  divide: async ({ run, assertHeld, fanOut }) => {
    await note('started', run.id)
    if (run.shard === undefined)
      await fanOut(
        Array.from({ length: 6 }, (_, index) => ({
          job: run.job,
          batch: run.batch!,
          shard: `part ${index}`,
          trigger: 'fan-out',
        })),
      )
    else await delay(1_000)
    assertHeld()
    await note('effect', run.id)
  },
  slow: async ({ run, assertHeld }) => {
    await note('started', run.id)
    // In pieces: whoever stood still has signs of life to give before it comes to its end.
    for (let piece = 0; piece < 20; piece++) await delay(100)
    assertHeld()
    await note('effect', run.id)
  },
}

const control = await openPostgresControl(url)
const orchestrator = createDbosOrchestrator({
  control,
  clock: systemClock,
  logger: silentLogger,
  maxRuntimeMs: 600_000,
  url,
  pollMs: 50,
  queuePollMs: 30,
  sweepMs: 200,
  liveness: { heartbeatMs: 200, leaseMs: 1_500, silentMs: 3_000, silentThoughAliveMs: 3_000 },
})
orchestrator.register(new Map([['ingest', handlers[mode]!]]))
await orchestrator.start({ concurrency: Number(concurrency) })
process.stdout.write('ready\n')
process.once('SIGTERM', () => void end())

async function end(): Promise<void> {
  await orchestrator.stop({ graceMs: 0 })
  await control.close()
  process.exit(0)
}
