import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import type { Logger } from '../../../src/core/logger.ts'
import { silentLogger } from '../../../src/core/logger.ts'
import { createSensors } from '../../../src/orchestrator/sensors/create-sensors.ts'
import { sensors as catalog } from '../../../src/orchestrator/sensors/index.ts'
import type { Sensor } from '../../../src/orchestrator/sensors/sensor.ts'
import { type HttpReceiver, startHttpReceiver } from '../../channels/http-receiver.ts'
import { temporaryControls } from '../../control/temporary-control.ts'
import { createProject, openApp } from '../../project.ts'
import { BATCH, endedRun, eventually, hookAt, servicesOf, titles } from './rig.ts'

const controls = temporaryControls()
let receiver: HttpReceiver | undefined
afterEach(async () => receiver?.stop())

const sensor = (name: string, look: Sensor['check'], more: Partial<Sensor> = {}): Sensor => ({
  name,
  summary: name,
  everyMs: 10,
  scope: 'process',
  check: look,
  ...more,
})

describe('sensors', () => {
  it('fail, throw and hang each for themselves; what goes on failing is logged once', async () => {
    const control = await controls.open()
    const logged: string[] = []
    const logger: Logger = {
      log: (_, message, fields) => void logged.push(`${message}: ${JSON.stringify(fields)}`),
    }
    let good = 0
    let failures = 0
    const all = createSensors({
      control,
      logger,
      holder: 'one',
      sensors: [
        sensor('good', async () => void good++),
        sensor('bad', async () => {
          failures++
          throw new Error('no table')
        }),
        sensor('hangs', () => new Promise(() => {}), { timeoutMs: 30 }),
      ],
    })
    all.start()
    await eventually('ten checks', () => good >= 10 && failures >= 5 && logged.length >= 2)
    await all.stop()
    const until = good
    expect(logged.toSorted()).toEqual([
      'sensor failed: {"sensor":"bad","problem":"no table"}',
      'sensor failed: {"sensor":"hangs","problem":"it took longer than 0.03 s"}',
    ])
    await new Promise(setImmediate)
    expect(good).toBe(until)
  })

  it('of the cluster are looked at by one process, and by another once that has stopped', async () => {
    const control = await controls.open()
    const counts = { one: 0, two: 0 }
    const of = (holder: 'one' | 'two') =>
      createSensors({
        control,
        logger: silentLogger,
        holder,
        sensors: [sensor('shared', async () => void counts[holder]++, { scope: 'cluster' })],
      })
    const [one, two] = [of('one'), of('two')]
    one.start()
    await eventually('a check', () => counts.one > 0)
    two.start()
    const before = counts.one
    await eventually('more checks', () => counts.one > before + 20)
    expect(counts.two).toBe(0)
    await one.stop()
    await eventually('a check of the other', () => counts.two > 0)
    await two.stop()
  })

  it('are checked at once when they are poked', async () => {
    const control = await controls.open()
    let count = 0
    let poke = () => {}
    const all = createSensors({
      control,
      logger: silentLogger,
      holder: 'one',
      sensors: [
        sensor('poked', async () => void count++, {
          everyMs: 600_000,
          watch(notify) {
            poke = notify
            return () => {}
          },
        }),
      ],
    })
    all.start()
    await eventually('the first check', () => count === 1)
    poke()
    await eventually('the second check', () => count === 2)
    await all.stop()
  })

  it('have names of their own and say what they do', async () => {
    const { app } = await openApp(await createProject({ 'shop.yaml': BATCH }))
    const made = catalog.map((create) => create(servicesOf(app)))
    expect(new Set(made.map(({ name }) => name)).size).toBe(made.length)
    for (const { summary } of made) expect(summary).toMatch(/^[A-Z].+\.$/)
  })
})

describe('a notice', () => {
  async function folder() {
    receiver = await startHttpReceiver((_, response) => response.writeHead(204).end())
    return createProject({ 'anomstack.yaml': hookAt(`${receiver.url}/hook`), 'shop.yaml': BATCH })
  }

  it('arrives once from two servers on one control database', async () => {
    const dir = await folder()
    const servers = [await openApp(dir), await openApp(dir)]
    for (const { app } of servers) {
      app.pump.start()
      app.sensors.start()
    }
    const [one] = servers
    await endedRun(one!.app.control, { batch: 'shop', at: Date.now(), failure: 'no such table' })
    await eventually('the message', () => receiver!.calls.length > 0)
    await endedRun(one!.app.control, { batch: 'shop', at: Date.now() + 1 })
    await eventually('the recovery', () => receiver!.calls.length > 1)
    for (const { app } of servers) await app.close(5_000)
    const bodies = receiver!.calls.map(({ body }) => JSON.parse(body.toString()))
    expect(bodies.map(({ type }) => type)).toEqual(['notice.run-failed', 'notice.resolved'])
    expect(bodies[0].data.link).toMatch(/^http:\/\/localhost:8080\/runs\//)
    expect(bodies[0].data.text).toContain('QUERY_FAILED: no such table')
  })

  it('is delivered although the process that noticed is killed before it could', async () => {
    const dir = await folder()
    const { app } = await openApp(dir)
    await endedRun(app.control, { batch: 'shop', at: Date.now(), failure: 'no such table' })
    const script = new URL('noticing-child.ts', import.meta.url).pathname
    const child = spawn(process.execPath, ['--import', 'tsx', script, dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(receiver!.calls).toEqual([])
    app.pump.start()
    app.sensors.start(['run-failure'])
    await eventually('the message', () => receiver!.calls.length > 0)
    await app.close(5_000)
    expect(receiver!.calls).toHaveLength(1)
    const again = await openApp(dir)
    expect(await titles(again.app.control)).toHaveLength(1)
  })
})
