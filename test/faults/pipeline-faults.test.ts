import { expect, it } from 'vitest'
import type { FaultMode, Part } from './faulty.ts'
import { batchName, type FaultyProgram, openFaultyProgram, type Traces } from './watched-metric.ts'

interface Walk {
  readonly part: Part
  readonly mode: FaultMode
  /** 1 walks through every call. */
  readonly stride: number
}

/** More calls than a part ever gets in a run. */
const MOST_CALLS = 70

const walks: readonly Walk[] = [
  { part: 'table', mode: 'before', stride: 1 },
  { part: 'table', mode: 'after', stride: 1 },
  { part: 'table', mode: 'hang', stride: 1 },
  { part: 'alerts', mode: 'before', stride: 1 },
  { part: 'alerts', mode: 'after', stride: 1 },
  { part: 'storage', mode: 'before', stride: 1 },
  { part: 'storage', mode: 'after', stride: 1 },
  { part: 'database', mode: 'before', stride: 1 },
  { part: 'database', mode: 'hang', stride: 1 },
  { part: 'channel', mode: 'before', stride: 1 },
  { part: 'channel', mode: 'after', stride: 1 },
  { part: 'channel', mode: 'hang', stride: 1 },
  { part: 'runs', mode: 'before', stride: 7 },
]

it.each(walks)('$part fails ($mode): whichever call it is, the next run makes it good', async (walk) => {
  const program = await openFaultyProgram(MOST_CALLS)
  try {
    const reference = await undisturbed(program)
    const fired: string[] = []
    for (let nth = 1; ; nth += walk.stride) {
      const batch = batchName(fired.length + 1)
      await program.prepare(batch)
      const call = await runWithFault(program, batch, { ...walk, nth })
      await program.run(batch)
      await program.deliverLater()
      await expectGood(program, batch, reference)
      if (call === undefined) break
      fired.push(call)
    }
    console.log(walk.part, walk.mode, fired.length, fired.join(' '))
    expect(fired.length).toBeGreaterThan(0)
  } finally {
    await program.close()
  }
})

async function undisturbed(program: FaultyProgram): Promise<Traces> {
  const batch = batchName(0)
  await program.prepare(batch)
  await program.run(batch)
  const traces = await program.traces(batch)
  expect(traces.alerts.map((alert) => JSON.parse(alert).kind).sort()).toEqual(['anomaly', 'threshold'])
  return traces
}

async function runWithFault(
  program: FaultyProgram,
  batch: string,
  { part, mode, nth }: Walk & { readonly nth: number },
): Promise<string | undefined> {
  const canceled = new AbortController()
  program.faults.arm({ part, mode, nth }, () => canceled.abort())
  await program.run(batch, canceled.signal)
  return program.faults.disarm()
}

async function expectGood(program: FaultyProgram, batch: string, reference: Traces): Promise<void> {
  const { app, receiver } = program
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
