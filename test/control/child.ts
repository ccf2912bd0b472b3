/** A process beside the test's own: `node --import tsx child.ts ADDRESS COMMAND`. It says `ready`, waits for a line, does its work, and prints what came of it as JSON. */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Finding } from '../../src/alerts/alert.ts'
import type { Control } from '../../src/control/control.ts'
import { claimOne } from './claim-one.ts'
import { openAt } from './open-at.ts'

const [address = '', command = ''] = process.argv.slice(2)
const executor = `child-${process.pid}`

const finding = (index: number): Finding => ({
  batch: 'sales',
  metric: `m${index}`,
  kind: 'anomaly',
  timestamp: 1_000,
  value: index,
  score: 0.9,
  reason: 'strange',
  details: {},
})

const COMMANDS: Readonly<Record<string, (control: Control) => Promise<readonly string[]>>> = {
  async claim(control) {
    const ids: string[] = []
    for (;;) {
      const run = await claimOne(control.runs, { jobs: ['ingest'], executor, now: 2_000 })
      if (run === undefined) return ids
      ids.push(run.id)
    }
  },
  async enqueue(control) {
    const created: string[] = []
    for (let tick = 0; tick < 50; tick++) {
      const options = { now: 1_000 + tick, idempotencyKey: `schedule:ingest:sales:${tick}` }
      const queued = await control.runs.enqueue(
        { job: 'ingest', batch: 'sales', trigger: 'schedule' },
        options,
      )
      if (queued.created) created.push(queued.run.id)
    }
    return created
  },
  async raise(control) {
    const raised: string[] = []
    for (let index = 0; index < 50; index++) {
      const alerts = await control.alerts.raise([finding(index), finding(index + 1)], {
        now: 1_000,
        channels: ['email', 'slack'],
      })
      raised.push(...alerts.map((alert) => alert.metric))
    }
    return raised
  },
  async deliver(control) {
    const taken: string[] = []
    for (;;) {
      const due = await control.alerts.takeDue({ now: 5_000, executor, leaseMs: 60_000, limit: 3 })
      if (due.length === 0) return taken
      for (const delivery of due) {
        taken.push(delivery.id)
        await control.alerts.settle(delivery.id, { status: 'delivered', now: 5_001 })
      }
    }
  },
  /** Counts a note up to twenty, together with others; says which of its steps counted. */
  async replace({ notes }) {
    await notes.replace('first', { expected: undefined, value: { by: process.pid }, now: 1 })
    const won: string[] = []
    for (;;) {
      const expected = Number(await notes.get('turn'))
      if (expected === 20) return won
      if (await notes.replace('turn', { expected, value: expected + 1, now: 1 })) won.push(String(expected))
    }
  },
}

/** Opens only when told to: opening is what is tried here. */
async function work(): Promise<readonly string[]> {
  const control = await openAt(address)
  const done = await COMMANDS[command]!(control)
  await control.close()
  return done
}

process.stdout.write('ready\n')
await once(createInterface({ input: process.stdin }), 'line')
process.stdout.write(`${JSON.stringify(await work())}\n`)
process.exit(0)
