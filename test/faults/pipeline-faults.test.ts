import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fault, FaultMode, Part } from './faulty.ts'
import { batchName, type FaultyProgram, openFaultyProgram, type Traces } from './watched-metric.ts'

interface Walk {
  readonly part: Part
  readonly mode: FaultMode
  /** What is known to be called, and must have failed at least once. */
  readonly calls: readonly string[]
}

const TABLE = ['table.ensure', 'table.upsert', 'table.history']
const STORAGE = ['storage.get', 'storage.put']
const ALERTS = ['raise', 'saveLook', 'takeDue', 'settle'].map((method) => `alerts.${method}`)

const walks: readonly Walk[] = [
  { part: 'table', mode: 'before', calls: [...TABLE, 'table.names'] },
  { part: 'table', mode: 'after', calls: ['table.ensure', 'table.upsert'] },
  { part: 'table', mode: 'hang', calls: ['table.upsert', 'table.history', 'table.names'] },
  {
    part: 'alerts',
    mode: 'before',
    calls: [...ALERTS, 'alerts.ofBatch', 'alerts.lastLook', 'alerts.lastSeen', 'alerts.saveSeen'],
  },
  { part: 'alerts', mode: 'after', calls: ALERTS },
  { part: 'storage', mode: 'before', calls: STORAGE },
  { part: 'storage', mode: 'after', calls: ['storage.put'] },
  { part: 'database', mode: 'before', calls: ['database.query'] },
  { part: 'database', mode: 'hang', calls: ['database.query'] },
  { part: 'channel', mode: 'before', calls: ['channel.send'] },
  { part: 'channel', mode: 'after', calls: ['channel.send'] },
  { part: 'channel', mode: 'hang', calls: ['channel.send'] },
]

/** Each fault takes one. */
const MOST_BATCHES = 150

let program: FaultyProgram
let reference: Traces
let used = 0

beforeAll(async () => {
  program = await openFaultyProgram(MOST_BATCHES)
  reference = await undisturbed(program)
})
afterAll(() => program.close())

it.each(walks)('$part fails ($mode): whichever call it is, the next run makes it good', async (walk) => {
  const fired: string[] = []
  for (let nth = 1; ; nth++) {
    const batch = batchName(++used)
    await program.prepare(batch)
    const call = await runWithFault(program, batch, { ...walk, nth })
    await program.run(batch)
    await program.deliverLater()
    await expectGood(program, batch, reference)
    if (call === undefined) break
    fired.push(call)
  }
  expect(new Set(fired)).toEqual(new Set(walk.calls))
})

const AT_EVERY_RUN = ['heartbeat', 'enqueue', 'claimById', 'saveStep', 'finish', 'retire']

it('the queue of runs fails (before and after): after a restart nothing is left running, and all is made good', async () => {
  const batches: string[] = []
  for (const method of AT_EVERY_RUN)
    for (const mode of ['before', 'after'] as const) {
      const batch = batchName(++used)
      batches.push(batch)
      await program.prepare(batch)
      const call = await runWithFault(program, batch, { part: 'runs', method, mode, nth: 1 })
      expect(call).toBe(`runs.${method}`)
    }
  await program.restart()
  for (const batch of batches) {
    await program.run(batch)
    await program.deliverLater()
    await expectGood(program, batch, reference)
  }
})

async function undisturbed(program: FaultyProgram): Promise<Traces> {
  const batch = batchName(0)
  await program.prepare(batch)
  await program.run(batch)
  const traces = await program.traces(batch)
  expect(traces.alerts.map((alert) => JSON.parse(alert).kind)).toEqual(['anomaly', 'threshold'])
  return traces
}

async function runWithFault(
  program: FaultyProgram,
  batch: string,
  fault: Fault,
): Promise<string | undefined> {
  const canceled = new AbortController()
  program.faults.arm(fault, () => canceled.abort())
  await program.run(batch, canceled.signal)
  return program.faults.disarm()
}

async function expectGood(program: FaultyProgram, batch: string, reference: Traces): Promise<void> {
  const { receiver } = program
  const app = program.app()
  expect(await program.traces(batch)).toEqual(reference)
  const alerts = await app.control.alerts.list({ batch, limit: 100 })
  const received = receiver.calls.map(({ headers }) => headers['webhook-id'])
  for (const alert of alerts) {
    const deliveries = await app.control.alerts.deliveries({ alertId: alert.id, limit: 10 })
    expect(deliveries).toMatchObject([{ channel: 'webhook', status: 'delivered' }])
    expect(received).toContain(deliveries[0]!.id)
    const ids = receiver.calls
      .filter(({ body }) => JSON.parse(body.toString()).data.details.id === alert.id)
      .map(({ headers }) => headers['webhook-id'])
    expect(new Set(ids)).toEqual(new Set([deliveries[0]!.id]))
  }
  for (const status of ['queued', 'running'] as const)
    expect(await app.control.runs.list({ batch, status, limit: 10 })).toEqual([])
}
