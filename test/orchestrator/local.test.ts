import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { Control } from '../../src/control/control.ts'
import { systemClock } from '../../src/core/clock.ts'
import { AnomstackError } from '../../src/core/errors.ts'
import { type Logger, silentLogger } from '../../src/core/logger.ts'
import type { LivenessLimits } from '../../src/orchestrator/liveness.ts'
import { createLocalOrchestrator } from '../../src/orchestrator/local.ts'
import type { JobHandler, Orchestrator } from '../../src/orchestrator/orchestrator.ts'
import { temporaryControls } from '../control/temporary-control.ts'
import { eventually } from '../eventually.ts'

const controls = temporaryControls()
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

const stopping: Orchestrator[] = []
const killing: { kill(): void }[] = []
afterEach(async () => {
  await Promise.all(stopping.splice(0).map((one) => one.stop({ graceMs: 0 })))
  for (const child of killing.splice(0)) child.kill()
})

function orchestratorHere(
  control: Control,
  handler: JobHandler,
  logger: Logger = silentLogger,
  liveness?: LivenessLimits,
): Orchestrator {
  const orchestrator = createLocalOrchestrator({
    control,
    clock: systemClock,
    logger,
    maxRuntimeMs: 600_000,
    pollMs: 10,
    redact: (text) => text.replaceAll('hunter2', '***'),
    ...(liveness === undefined ? {} : { liveness }),
  })
  orchestrator.register(new Map([['ingest', handler]]))
  stopping.push(orchestrator)
  return orchestrator
}

/** A process that executes runs in a mode of child.ts. */
function startChild(file: string, mode: 'hang' | 'die' | 'work') {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, file, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // After its output has been read.
  const killed = once(child, 'close')
  const lines: string[] = []
  let check = () => {}
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    check()
  })
  const self = {
    lines,
    kill: () => void child.kill('SIGKILL'),
    terminate: () => void child.kill('SIGTERM'),
    exit: killed,
    said: (start: string) =>
      new Promise<string>((resolve) => {
        check = () => {
          const line = lines.find((one) => one.startsWith(start))
          if (line !== undefined) resolve(line)
        }
        check()
      }),
  }
  killing.push(self)
  return self
}

const ingest = (batch: string) => ({ job: 'ingest', batch, trigger: 'manual' }) as const

describe('a process that is killed while it executes a run', () => {
  it('loses it to another, which executes it once', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const child = startChild(file, 'hang')
    const queued = [
      await control.runs.enqueue(ingest('a'), { now: 1 }),
      await control.runs.enqueue(ingest('b'), { now: 2 }),
    ]
    for (const { run } of queued) expect(await child.said(`started ${run.id}`)).toBe(`started ${run.id} 1`)

    const executed: string[] = []
    const handler: JobHandler = async ({ run }) => void executed.push(`${run.id} ${run.attempt}`)
    const [one, other] = [
      orchestratorHere(control, handler),
      orchestratorHere(await controls.open(file), handler),
    ]
    await one.start({ concurrency: 2 })
    expect(await control.runs.list({ status: 'running', limit: 5 })).toHaveLength(2)
    child.kill()
    await child.exit
    await other.start({ concurrency: 2 })
    for (const { run } of queued)
      expect(await one.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: 2 })
    expect(executed.toSorted()).toEqual(queued.map(({ run }) => `${run.id} 2`).toSorted())
  })

  it('is noticed by one that has been running all along', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const orchestrator = orchestratorHere(control, async () => {})
    const child = startChild(file, 'hang')
    await child.said('ready')
    const { run } = await control.runs.enqueue(ingest('a'), { now: 1 })
    await child.said('started')
    await orchestrator.start({ concurrency: 1 })
    child.kill()
    expect(await orchestrator.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: 2 })
  })

  it('by the run itself is not sacrificed more than three times', async () => {
    const file = controls.file()
    const control = await controls.open(file)
    const { run } = await control.runs.enqueue(ingest('poison'), { now: 1 })
    for (let attempt = 1; attempt <= 3; attempt++) {
      const child = startChild(file, 'die')
      expect(await child.said('started')).toBe(`started ${run.id} ${attempt}`)
      await child.exit
    }
    const executed: string[] = []
    const orchestrator = orchestratorHere(control, async (execution) => void executed.push(execution.run.id))
    await orchestrator.start({ concurrency: 1 })
    const end = await orchestrator.wait(run.id)
    expect(end).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'JOB_FAILED' } })
    expect(end.error?.message).toContain('the process that ran it died or stood still 3 times')
    expect(executed).toEqual([])
    expect((await orchestrator.runNow(ingest('poison'))).status).toBe('succeeded')
  })
})

it('a process that is asked to stop leaves its runs to the next and ends', async () => {
  const file = controls.file()
  const control = await controls.open(file)
  const { run } = await control.runs.enqueue(ingest('a'), { now: 1 })
  const child = startChild(file, 'hang')
  await child.said('started')
  child.terminate()
  expect(await child.exit).toEqual([0, null])
  expect(await control.runs.get(run.id)).toMatchObject({ status: 'queued', attempt: 1 })
  const next = startChild(file, 'work')
  expect(await next.said('started')).toBe(`started ${run.id} 2`)
})

it('runs of two processes on one queue are executed once each', async () => {
  const file = controls.file()
  const control = await controls.open(file)
  const children = [startChild(file, 'work'), startChild(file, 'work')]
  for (const child of children) await child.said('ready')
  const watcher = orchestratorHere(control, async () => {})
  const queued = []
  for (let index = 0; index < 60; index++) queued.push(await watcher.enqueue(ingest(`b${index}`)))
  for (const { run } of queued)
    expect(await watcher.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: 1 })
  for (const child of children) {
    child.terminate()
    await child.exit
  }
  const started = children.flatMap((child) => child.lines.filter((line) => line.startsWith('started')))
  expect(started.toSorted()).toEqual(queued.map(({ run }) => `started ${run.id} 1`).toSorted())
})

it('the end of a run is recorded as soon as the control database works again', async () => {
  const control = await controls.open()
  let failures = 3
  const logged: string[] = []
  const runs: Control['runs'] = {
    ...control.runs,
    finish: (id, end) =>
      failures-- > 0
        ? Promise.reject(new AnomstackError('CONTROL_FAILED', 'disk full'))
        : control.runs.finish(id, end),
  }
  const orchestrator = orchestratorHere({ ...control, runs }, async () => {}, {
    log: (_, message) => void logged.push(message),
  })
  expect((await orchestrator.runNow(ingest('a'))).status).toBe('succeeded')
  expect(logged.filter((message) => message === 'the end of a run could not be recorded')).toHaveLength(3)
})

describe('a run whose process shows no sign of life for too long', () => {
  const limits = { heartbeatMs: 20, leaseMs: 200, silentMs: 60_000, silentThoughAliveMs: 60_000 }

  /** Signs of life are lost during the first `times` executions, each of which goes on until it may not write any more. */
  async function silent(times: number) {
    const control = await controls.open()
    let away = false
    const executions: number[] = []
    const runs: Control['runs'] = {
      ...control.runs,
      heartbeat: (...sign) =>
        away
          ? Promise.reject(new AnomstackError('CONTROL_FAILED', 'unreachable'))
          : control.runs.heartbeat(...sign),
    }
    const work: JobHandler = async ({ run, assertHeld }) => {
      executions.push(run.attempt)
      away = executions.length <= times
      try {
        while (away) {
          await systemClock.sleep(5)
          assertHeld()
        }
      } finally {
        away = false
      }
    }
    return { orchestrator: orchestratorHere({ ...control, runs }, work, silentLogger, limits), executions }
  }

  it('starts again', async () => {
    const { orchestrator, executions } = await silent(2)
    await orchestrator.start({ concurrency: 1 })
    const { run } = await orchestrator.enqueue(ingest('a'))
    expect(await orchestrator.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: executions.length })
    expect(executions.length).toBeGreaterThanOrEqual(3)
  })

  it('starts again for whoever has it executed here', async () => {
    const { orchestrator, executions } = await silent(1)
    const end = await orchestrator.runNow(ingest('a'))
    expect(end).toMatchObject({ status: 'succeeded', attempt: executions.length })
    expect(executions.length).toBeGreaterThanOrEqual(2)
  })

  it('is given up after three times', async () => {
    const { orchestrator, executions } = await silent(9)
    const end = await orchestrator.runNow(ingest('a'))
    expect(end).toMatchObject({ status: 'failed', attempt: 3, error: { code: 'JOB_FAILED' } })
    expect(executions).toEqual([1, 2, 3])
  })
})

it('what is left of a lost execution does not end the one that followed it in the same process', async () => {
  const control = await controls.open()
  const over: (() => void)[] = []
  const orchestrator = orchestratorHere(control, () => new Promise((resolve) => void over.push(resolve)))
  await orchestrator.start({ concurrency: 2 })
  const { run } = await orchestrator.enqueue(ingest('a'))
  await eventually('it runs', () => over.length === 1)
  await control.runs.recover({ now: 5, maxAttempts: 9, isDead: () => true })
  await eventually('it runs again', () => over.length === 2)
  over[0]!()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await control.runs.get(run.id)).toMatchObject({ status: 'running', attempt: 2 })
  over[1]!()
  expect(await orchestrator.wait(run.id)).toMatchObject({ status: 'succeeded', attempt: 2 })
})

it('stops even if the end of a run can never be recorded', async () => {
  const control = await controls.open()
  const broken = () => Promise.reject(new AnomstackError('CONTROL_FAILED', 'disk full'))
  const runs: Control['runs'] = { ...control.runs, finish: broken, requeue: broken, retire: broken }
  const orchestrator = orchestratorHere({ ...control, runs }, async () => {})
  await orchestrator.start({ concurrency: 1 })
  const { run } = await orchestrator.enqueue(ingest('a'))
  await orchestrator.stop({ graceMs: 5 })
  expect((await control.runs.get(run.id))?.endedAt).toBeUndefined()
  const next = orchestratorHere(control, async () => {})
  await next.start({ concurrency: 1 })
  expect(await next.wait(run.id)).toMatchObject({ status: 'succeeded' })
})

it('goes on claiming after the control database failed', async () => {
  const control = await controls.open()
  let failures = 2
  const runs: Control['runs'] = {
    ...control.runs,
    claim: (options) =>
      failures-- > 0
        ? Promise.reject(new AnomstackError('CONTROL_FAILED', 'disk full'))
        : control.runs.claim(options),
  }
  const orchestrator = orchestratorHere({ ...control, runs }, async () => {})
  await orchestrator.start({ concurrency: 1 })
  const { run } = await orchestrator.enqueue(ingest('a'))
  expect((await orchestrator.wait(run.id)).status).toBe('succeeded')
})

it('a run that was taken over meanwhile is not ended twice', async () => {
  const control = await controls.open()
  const logged: string[] = []
  const orchestrator = orchestratorHere(
    control,
    async ({ run }) => {
      await control.runs.recover({ now: 5, maxAttempts: 9, isDead: () => true })
      await control.runs.claimById(run.id, { executor: 'thief', now: 6 })
    },
    { log: (_, message) => void logged.push(message) },
  )
  await orchestrator.start({ concurrency: 1 })
  const { run } = await orchestrator.enqueue(ingest('a'))
  await control.runs.get(run.id)
  await orchestrator.stop({ graceMs: 60_000 })
  expect(await control.runs.get(run.id)).toMatchObject({ status: 'running', attempt: 2 })
  expect(logged).toContain('run was taken over by another process before it ended here')
})

it('keeps secrets out of the errors of runs', async () => {
  const control = await controls.open()
  const orchestrator = orchestratorHere(control, () =>
    Promise.reject(new Error('postgres://me:hunter2@host refused')),
  )
  const end = await orchestrator.runNow(ingest('a'))
  expect(end.error?.message).toBe('postgres://me:***@host refused')
  expect(JSON.stringify(end)).not.toContain('hunter2')
})
