import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { spedUpClock } from '../../src/core/clock.ts'
import { claimOne } from '../control/claim-one.ts'
import { temporaryControls } from '../control/temporary-control.ts'
import { eventually } from './eventually.ts'

const CHILD = fileURLToPath(new URL('./scheduler-child.ts', import.meta.url))
const MINUTE = 60_000
/** A minute of the clock takes 50 ms. */
const SPEED = 1_200

const controls = temporaryControls()
const children: ChildProcess[] = []
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => end(child, 'SIGKILL')))
})

async function scheduler(file: string, begun: number): Promise<ChildProcess> {
  const args = ['--import', 'tsx', CHILD, file, String(SPEED), String(begun), '* * * * *']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(createInterface({ input: child.stdout }), 'line')
  return child
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** Ends what is queued, as a worker would, and returns for how many ticks there has been a run. */
async function work({ runs }: Control): Promise<number> {
  for (;;) {
    const run = await claimOne(runs, { jobs: ['ingest'], executor: 'e', now: 0 })
    if (run === undefined) return (await ticksOf(runs)).length
    await runs.finish(run.id, { attempt: 1, executor: 'e', status: 'succeeded', now: 0 })
  }
}

async function ticksOf(runs: Control['runs']): Promise<readonly number[]> {
  const all = await runs.list({ limit: 5_000 })
  return all.map((run) => run.scheduledFor!).toSorted((a, b) => a - b)
}

describe('schedulers in two processes', () => {
  it('fire 200 ticks 200 times, though one is killed and another takes its place', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const begun = Date.now()
    const [first] = await Promise.all([scheduler(file, begun), scheduler(file, begun)])
    await eventually(async () => (await work(control)) >= 70)
    await end(first, 'SIGKILL')
    await eventually(async () => (await work(control)) >= 140)
    await scheduler(file, begun)
    await eventually(async () => (await work(control)) >= 200)
    await Promise.all(children.map((child) => end(child, 'SIGTERM')))
    const fired = await ticksOf(control.runs)
    expect(fired.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, index) => fired[0]! + index * MINUTE))
    expect(new Set(fired).size).toBe(fired.length)
    const ticks = await control.schedules.ticks({ limit: 5_000 })
    expect(ticks.map(({ at }) => at).toReversed()).toEqual(fired)
    expect(new Set(ticks.map(({ outcome }) => outcome))).toEqual(new Set(['fired']))
  })

  it('fire what one missed once, when both were killed and both come back', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const begun = Date.now()
    const clock = spedUpClock(SPEED, begun)
    const both = () => Promise.all([scheduler(file, begun), scheduler(file, begun)])
    const killed = await both()
    await eventually(async () => (await work(control)) >= 10)
    await Promise.all(killed.map((child) => end(child, 'SIGKILL')))
    const down = clock.now()
    await both()
    await eventually(
      async () => (await work(control)) > 0 && (await ticksOf(control.runs)).at(-1)! > down + MINUTE,
    )
    await Promise.all(children.map((child) => end(child, 'SIGTERM')))
    const fired = await ticksOf(control.runs)
    expect(fired).toEqual(fired.map((_, index) => fired[0]! + index * MINUTE))
  })

  it('hold still from the moment that another process pauses the schedule, and go on from when it is resumed', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const begun = Date.now()
    const clock = spedUpClock(SPEED, begun)
    await Promise.all([scheduler(file, begun), scheduler(file, begun)])
    await eventually(async () => (await work(control)) >= 5)
    await control.schedules.setState('ingest:sales', 'paused', clock.now())
    const before = await work(control)
    const paused = clock.now()
    await eventually(() => Promise.resolve(clock.now() > paused + 20 * MINUTE))
    expect(await work(control)).toBe(before)
    const resumed = clock.now()
    await control.schedules.setState('ingest:sales', 'running', resumed)
    await eventually(async () => (await work(control)) >= before + 5)
    const after = (await ticksOf(control.runs)).slice(before)
    expect(after[0]).toBe(Math.floor(resumed / MINUTE + 1) * MINUTE)
    expect(after).toEqual(after.map((_, index) => after[0]! + index * MINUTE))
  })
})
