import { rm } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { userSensors } from '../../../src/orchestrator/sensors/user-sensors.ts'
import { createFakeClock } from '../../fake-clock.ts'
import { createProject, openApp, writeFiles } from '../../project.ts'
import { BATCH, check, hookAt, servicesOf, titles } from './rig.ts'

const START = Date.UTC(2024, 0, 1, 12)

async function project(files: Readonly<Record<string, string>>) {
  const dir = await createProject({
    'anomstack.yaml': hookAt('http://127.0.0.1:9'),
    'shop.yaml': BATCH,
    ...files,
  })
  const { app } = await openApp(dir)
  const clock = createFakeClock(START)
  const services = servicesOf(app, { clock })
  const runs = async () =>
    (await app.control.runs.list({ limit: 50 })).map(
      ({ job, batch, trigger }) => `${job} ${batch} ${trigger}`,
    )
  return { dir, app, clock, control: app.control, services, sensor: userSensors(services), runs }
}

describe('a sensor in the folder sensors', () => {
  it('is called at its interval with what it needs to know; runs with one key are one', async () => {
    const { sensor, services, clock, runs, control } = await project({
      'sensors/files.ts': `export const name = 'new files'
        export const every = '5m'
        export function check({ now, previous, batches }: { now: number; previous?: number; batches: string[] }) {
          return [
            { run: { job: 'ingest', batch: batches[0], key: 'day 1' } },
            { run: { job: 'train', batch: 'shop' } },
            { notice: { title: 'seen ' + String(previous), text: new Date(now).toISOString() } },
          ]
        }`,
    })
    await check(sensor)
    await check(sensor)
    await check(userSensors(services))
    expect(await runs()).toEqual(['train shop sensor', 'ingest shop sensor'])
    expect(await titles(control)).toEqual(['📣 seen undefined'])
    clock.set(START + 300_000)
    await check(sensor)
    expect(await runs()).toEqual(['train shop sensor', 'train shop sensor', 'ingest shop sensor'])
    expect(await titles(control)).toEqual(['📣 seen undefined', `📣 seen ${START}`])
    expect((await control.notices.opened('sensor')).map(({ title }) => title)).toEqual([`📣 seen ${START}`])
  })

  it('may be a default function, a default object, JavaScript, or return nothing', async () => {
    const { sensor, runs, control } = await project({
      'sensors/a.js': `export default async () => ({ run: { job: 'ingest', batch: 'shop' } })`,
      'sensors/b.mjs': `export default { name: 'b', every: 60000, check: () => ({ run: { job: 'score', batch: 'shop' } }) }`,
      'sensors/c.ts': 'export default () => undefined',
      'sensors/notes.txt': 'not a sensor',
      'sensors/types.d.ts': 'export type X = 1',
    })
    await check(sensor)
    expect((await runs()).toSorted()).toEqual(['ingest shop sensor', 'score shop sensor'])
    expect(await titles(control)).toEqual([])
  })

  it('that fails is told of once, stops no other, and heals', async () => {
    const bad: Readonly<Record<string, readonly [code: string, problem: RegExp]>> = {
      throws: ['export default () => { throw new Error("no bucket") }', /throws\.ts:1:\d+: .*no bucket/s],
      returns: ['export default () => 7', /what check\(\) returned: expected nothing/],
      batch: [
        `export default () => ({ run: { job: 'ingest', batch: '__proto__' } })`,
        /a batch "__proto__" that is not there/,
      ],
      job: [`export default () => [{ run: { job: 'rm -rf', batch: 'shop' } }]`, /what check\(\) returned/],
      every: [`export const every = 'often'\nexport const check = () => null`, /every: expected a duration/],
      nothing: ['export const nothing = 1', /it has no function check\(\)/],
      syntax: ['export const check = (', /could not be parsed/],
      'ends "it"': ['export default () => process.exit(3)', /exit code 3/],
    }
    const files = Object.entries(bad).map(([name, [code]]) => [`sensors/${name}.ts`, code] as const)
    const snake = 'sensors/snake.py'
    const { dir, sensor, clock, runs, control } = await project({
      ...Object.fromEntries(files),
      [snake]: 'def check(context): pass',
      'sensors/good.ts': `export default () => ({ run: { job: 'ingest', batch: 'shop' } })`,
    })
    await check(sensor)
    expect(await runs()).toEqual(['ingest shop sensor'])
    const texts = new Map(
      (await control.notices.opened('sensor-failed')).map(({ subject, text }) => [subject, text]),
    )
    for (const [name, [, problem]] of Object.entries(bad))
      expect(texts.get(`sensors/${name}.ts`)).toMatch(problem)
    expect(texts.get(snake)).toMatch(
      /a sensor cannot be written in Python; write it in TypeScript or JavaScript/,
    )
    expect(texts.size).toBe(files.length + 1)

    const [first, ...others] = files.map(([file]) => file)
    for (const file of [...others, snake]) await rm(path.join(dir, file))
    clock.set(START + 120_000)
    await check(sensor)
    expect((await control.notices.opened('sensor-failed')).map(({ subject }) => subject)).toEqual([first])
    await writeFiles(dir, { [first!]: 'export default () => null' })
    await check(sensor)
    expect(await titles(control)).toHaveLength(files.length + 2)
    expect((await titles(control)).at(-1)).toBe(`✅ sensor [${first}] works again (2024-01-01 12:02) ✅`)
  })
})
