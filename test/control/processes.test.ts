import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ENGINES } from './temporary-control.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

/** What each of `count` processes that start the command at the same moment prints. */
async function inProcesses(count: number, address: string, command: string): Promise<string[][]> {
  const children = Array.from({ length: count }, () => {
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD, address, command], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
  })
  for (const { lines } of children) expect((await lines.next()).value).toBe('ready')
  for (const { child } of children) child.stdin.write('go\n')
  return Promise.all(
    children.map(async ({ child, lines }) => {
      const { value } = await lines.next()
      if (child.exitCode === null) await once(child, 'exit')
      return JSON.parse(String(value)) as string[]
    }),
  )
}

describe.each(ENGINES)('several processes on one control database on $engine', ({ controls: create }) => {
  const controls = create()

  it('make it together when it does not exist yet, and queue a tick once', async () => {
    const address = await controls.address()
    const created = await inProcesses(4, address, 'enqueue')
    expect(created.flat()).toHaveLength(50)
    const control = await controls.open(address)
    expect(await control.runs.list({ limit: 100 })).toHaveLength(50)
  })

  it('never claim a run twice', async () => {
    const address = await controls.address()
    const control = await controls.open(address)
    for (let index = 0; index < 200; index++)
      await control.runs.enqueue({ job: 'ingest', batch: `b${index}`, trigger: 'manual' }, { now: 1_000 })
    const claimed = (await inProcesses(2, address, 'claim')).flat()
    expect(claimed).toHaveLength(200)
    expect(new Set(claimed).size).toBe(200)
    for (const run of await control.runs.list({ limit: 300 }))
      expect(run).toMatchObject({ status: 'running', attempt: 1 })
  })

  it('raise a finding once and deliver it once to each channel', async () => {
    const address = await controls.address()
    const raised = (await inProcesses(3, address, 'raise')).flat()
    expect(raised.toSorted()).toEqual(Array.from({ length: 51 }, (_, index) => `m${index}`).toSorted())
    const control = await controls.open(address)
    expect(await control.alerts.deliveries({ limit: 1_000 })).toHaveLength(102)
    const taken = (await inProcesses(3, address, 'deliver')).flat()
    expect(new Set(taken).size).toBe(102)
    expect(taken).toHaveLength(102)
    expect(await control.alerts.deliveries({ status: 'delivered', limit: 1_000 })).toHaveLength(102)
  })
  it('replace a note once', async () => {
    const address = await controls.address()
    const control = await controls.open(address)
    await control.notes.set('turn', 0, 1)
    const won = (await inProcesses(3, address, 'replace')).flat()
    expect(won).toHaveLength(20)
    expect(await control.notes.get('turn')).toBe(20)
    expect(await control.notes.get('first')).toEqual({ by: expect.any(Number) })
  })
})
