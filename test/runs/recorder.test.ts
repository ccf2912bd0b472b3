import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import type { Json } from '../../src/core/json.ts'
import { recordedJson } from '../../src/runs/recorded-json.ts'
import { createRunRecorder, type RunRecords } from '../../src/runs/recorder.ts'
import type { LogRecord, Run, Step } from '../../src/runs/run.ts'
import { HOSTILE_NAMES, temporaryControls } from '../control/temporary-control.ts'
import { createFakeClock } from '../fake-clock.ts'

const controls = temporaryControls()
const SECRET = 'hunter2'
const redact = (text: string) => text.replaceAll(SECRET, '***')

async function recording(records?: Partial<RunRecords>) {
  const { runs } = await controls.open()
  const clock = createFakeClock(1_000)
  const { run: queued } = await runs.enqueue(
    { job: 'train', batch: 'sales', trigger: 'manual' },
    { now: 1_000 },
  )
  const run = (await runs.claimById(queued.id, { executor: 'e', now: 1_000 })) as Run
  const logged: [string, string, { readonly [key: string]: Json } | undefined][] = []
  const logger = {
    log: (...entry: [string, string, { readonly [key: string]: Json }?]) =>
      void logged.push([entry[0], entry[1], entry[2]]),
  }
  const recorder = createRunRecorder({
    runs: {
      saveStep: (step, logs) => runs.saveStep(step, logs),
      saveLogs: (all) => runs.saveLogs(all),
      ...records,
    },
    run,
    clock,
    logger,
    redact,
  })
  return {
    runs,
    clock,
    run,
    recorder,
    logged,
    steps: () => runs.steps(run.id),
    logs: () => runs.logs(run.id, { limit: 10_000 }),
  }
}

describe('a step', () => {
  it('is on record while it runs, and then with its times and result', async () => {
    const { recorder, clock, run, steps } = await recording()
    const common = { runId: run.id, index: 0, name: 'query', attempt: 1, startedAt: 1_000 }
    const value = await recorder.step('query', async () => {
      expect(await steps()).toEqual([{ ...common, status: 'running' }])
      await clock.advance(250)
      return { rows: 7 }
    })
    expect(value).toEqual({ rows: 7 })
    expect(await steps()).toEqual([{ ...common, status: 'succeeded', endedAt: 1_250, result: { rows: 7 } }])
  })

  it('that fails is recorded with code, message, stack and causes, and throws on', async () => {
    const { recorder, steps } = await recording()
    const cause = new Error(`connect postgres://me:${SECRET}@host`)
    const error = new AnomstackError('QUERY_FAILED', `refused ${SECRET}`, { at: { batch: 'sales' }, cause })
    await expect(recorder.step('query', () => Promise.reject(error))).rejects.toBe(error)
    const [step] = await steps()
    expect(step).toMatchObject({
      status: 'failed',
      error: { code: 'QUERY_FAILED', message: 'batch "sales": refused ***' },
    })
    expect(step?.error?.stack).toContain('Caused by: Error: connect postgres://me:***@host')
    const shameless = Object.assign(new Error('x'), { message: 5, stack: 7 })
    for (const thrown of ['text', undefined, null, { a: 1 }, Object.create(null), shameless])
      await expect(recorder.step('odd', () => Promise.reject(thrown))).rejects.toBe(thrown)
    expect((await steps()).slice(1).map((odd) => odd.error?.code)).toEqual(
      Array.from({ length: 6 }, () => 'JOB_FAILED'),
    )
  })

  it('keeps the order of starting, side by side and within one another', async () => {
    const { recorder, steps } = await recording()
    await recorder.step('score', async (within) => {
      await Promise.all(
        ['a', 'b'].map((name) => within.step(name, (deeper) => deeper.step('x', async () => undefined))),
      )
    })
    await recorder.step('last', async () => 1)
    expect((await steps()).map(({ index, name, result }) => [index, name, result])).toEqual([
      [0, 'score', undefined],
      [1, 'score/a', undefined],
      [2, 'score/b', undefined],
      [3, 'score/a/x', undefined],
      [4, 'score/b/x', undefined],
      [5, 'last', 1],
    ])
  })

  it('records what its note says in place of its data, and no data without one', async () => {
    const { recorder, steps } = await recording()
    const data = new Float64Array(100_000)
    expect(
      await recorder.step(
        'load',
        async () => data,
        (loaded) => ({ points: loaded.length, by: SECRET }),
      ),
    ).toBe(data)
    await recorder.step('raw', async () => data)
    await recorder.step('rows', async () => [{ a: 1 }])
    await recorder.step('map', async () => new Map([['a', 1]]))
    expect((await steps()).map((step) => step.result)).toEqual([
      { points: 100_000, by: '***' },
      undefined,
      undefined,
      undefined,
    ])
  })

  it('cuts a long result short, and says so', async () => {
    const { recorder, steps } = await recording()
    await recorder.step(
      'long',
      async () => 0,
      () => Array.from({ length: 2_000 }, () => `x${SECRET}`),
    )
    const [step] = await steps()
    expect(step?.result).toMatchObject({
      note: expect.stringContaining('too long to keep: 22001 characters'),
    })
    expect(JSON.stringify(step?.result).length).toBeLessThan(2_000)
    expect(JSON.stringify(step?.result)).not.toContain(SECRET)
  })

  it('may have any name and any error', async () => {
    const { recorder, steps } = await recording()
    for (const name of HOSTILE_NAMES) await recorder.step(name, async () => name)
    expect((await steps()).map((step) => step.name)).toEqual(HOSTILE_NAMES.map((name) => name.slice(0, 200)))
    await expect(
      recorder.step('loud', () => Promise.reject(new Error('x'.repeat(1_000_000)))),
    ).rejects.toThrow('xxx')
    expect(JSON.stringify((await steps()).at(-1)).length).toBeLessThan(20_000)
  })

  it('throws its own error even when it cannot be recorded', async () => {
    const saved: Step[] = []
    const saveStep = async (step: Step) => {
      if (step.status === 'failed') throw new AnomstackError('CONTROL_FAILED', 'disk full')
      saved.push(step)
    }
    const { recorder, logged } = await recording({ saveStep })
    await expect(recorder.step('query', () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    expect(saved).toHaveLength(1)
    expect(logged).toContainEqual([
      'error',
      'a failed step could not be recorded',
      expect.objectContaining({ problem: 'disk full' }),
    ])
  })

  it('fails when its success cannot be recorded', async () => {
    const saveStep = async (step: Step) => {
      if (step.status === 'succeeded') throw new AnomstackError('CONTROL_FAILED', 'disk full')
    }
    const { recorder } = await recording({ saveStep })
    await expect(recorder.step('query', async () => 1)).rejects.toMatchObject({ code: 'CONTROL_FAILED' })
  })
})

describe('the log of a run', () => {
  it('goes to the log of the program and, at the end of a step, to the run, without secrets', async () => {
    const { recorder, clock, run, logs, logged } = await recording()
    await recorder.step('query', async () => {
      recorder.logger.log('info', `asking ${SECRET}`, { url: [`x${SECRET}`], nested: { password: SECRET } })
      expect(await logs()).toEqual([])
      await clock.advance(5)
    })
    const fields = { url: ['x***'], nested: { password: '***' } }
    expect(await logs()).toEqual([{ runId: run.id, at: 1_000, level: 'info', message: 'asking ***', fields }])
    expect(logged).toEqual([['info', 'asking ***', { run: run.id, job: 'train', batch: 'sales', ...fields }]])
    recorder.logger.log('warn', 'late')
    await recorder.close()
    expect(await logs()).toHaveLength(2)
  })

  it('is written with the step that it is of, and only the rest by itself', async () => {
    const rest: string[] = []
    const saveLogs = async (records: readonly LogRecord[]) =>
      void rest.push(...records.map(({ message }) => message))
    const { recorder, logs } = await recording({ saveLogs })
    recorder.logger.log('info', 'before')
    await recorder.step('query', async () => recorder.logger.log('info', 'meanwhile'))
    await expect(
      recorder.step('write', () => {
        recorder.logger.log('warn', 'trouble')
        return Promise.reject(new Error('no'))
      }),
    ).rejects.toThrow('no')
    recorder.logger.log('info', 'after')
    await recorder.close()
    expect((await logs()).map(({ message }) => message)).toEqual(['before', 'meanwhile', 'trouble'])
    expect(rest).toEqual(['after'])
  })

  it('is of bounded size, and keeps warnings when there is too much of the rest', async () => {
    const { recorder, logs } = await recording()
    for (let index = 0; index < 5_000; index++) recorder.logger.log('info', `n${index}`)
    recorder.logger.log('error', 'this matters')
    await recorder.close()
    await recorder.close()
    const records = await logs()
    expect(records).toHaveLength(1_002)
    expect(records[999]?.message).toBe('n999')
    expect(records.slice(1_000)).toMatchObject([
      { message: 'this matters' },
      { level: 'warn', fields: { dropped: 4_000 } },
    ])
  })

  it('never fails the run', async () => {
    const saveLogs = () => Promise.reject(new AnomstackError('CONTROL_FAILED', `disk full ${SECRET}`))
    const saveStep = (_: Step, logs: readonly LogRecord[] = []) =>
      logs.length > 0 ? saveLogs() : Promise.resolve()
    const { recorder, logged } = await recording({ saveLogs, saveStep })
    const endless: { self?: unknown } = {}
    endless.self = endless
    recorder.logger.log('info', 'odd', endless as { readonly [key: string]: Json })
    expect(await recorder.step('query', async () => 1)).toBe(1)
    await recorder.close()
    expect(logged.map(([, message]) => message)).toEqual(['odd', 'log records of a run could not be kept'])
    expect(JSON.stringify(logged)).not.toContain(SECRET)
  })
})

it('keeps short JSON as it is, and never throws for the rest', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const kept = recordedJson(value, (text) => text)
      const text = JSON.stringify(value)
      if (text.length <= 4_096) expect(kept).toEqual(JSON.parse(text))
      else expect(kept).toMatchObject({ start: text.slice(0, 1_000) })
    }),
  )
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withMap: true,
        withDate: true,
        withTypedArray: true,
        withSparseArray: true,
      }),
      (value) => {
        const kept = recordedJson(value, redact)
        expect(kept === undefined || typeof JSON.stringify(kept) === 'string').toBe(true)
      },
    ),
  )
})
