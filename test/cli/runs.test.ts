import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Run } from '../../src/runs/run.ts'
import { anomstack, folderWith, type StartedServer, startServer } from './command.ts'

const BATCH = (name: string, sql: string) => `metric_batch: ${name}
db: sqlite
schedule: "0 0 1 1 *"
alert_methods: console
ingest_sql: ${sql}
`
const ID = /^[0-9a-f-]{36}$/

describe('runs', () => {
  let dir: string
  beforeAll(async () => {
    dir = await folderWith({
      'metrics/good.yaml': BATCH(
        'good',
        "select 1 as metric_value, 'm' as metric_name, '2025-01-01' as metric_timestamp",
      ),
      'metrics/bad.yaml': BATCH('bad', 'select * from nowhere'),
    })
    expect((await anomstack(['run', 'ingest', '--project', dir])).code).toBe(1)
  })

  const runs = (...args: string[]) => anomstack(['runs', ...args, '--project', dir])
  const listed = async (...args: string[]) => JSON.parse((await runs(...args, '--json')).stdout) as Run[]

  it('lists the newest first, filtered, as a table or as JSON', async () => {
    const { code, stdout } = await runs()
    expect(code).toBe(0)
    expect(stdout).toMatch(/ingest +good +succeeded/)
    expect(stdout).toMatch(/ingest +bad +failed .*no such table/)
    expect(stdout).toContain('2 runs, times in UTC')
    expect(await listed('--status', 'failed')).toMatchObject([{ batch: 'bad', job: 'ingest' }])
    expect(await listed('--batch', 'good', '--job', 'ingest')).toMatchObject([{ status: 'succeeded' }])
    expect(await listed('--limit', '1')).toHaveLength(1)
    expect((await runs('--batch', 'nobody')).stdout).toBe('No run fits.\n')
  })

  it('queues a run again and cancels it, without a server', async () => {
    const [failed] = await listed('--status', 'failed')
    const retried = await runs('retry', failed!.id, '--resume')
    expect([retried.code, retried.stderr]).toEqual([0, ''])
    expect(retried.stdout).toContain(
      'No server runs here: what is queued starts when one, or a worker, does.',
    )
    const [queued] = await listed('--status', 'queued')
    expect(queued).toMatchObject({ id: expect.stringMatching(ID), resumes: failed!.id, trigger: 'retry' })
    expect((await runs('retry', queued!.id)).stderr).toContain('has not ended yet')
    expect((await runs('cancel', queued!.id)).stdout).toContain(`${queued!.id} is being canceled`)
    const again = await runs('cancel', queued!.id, 'nobody')
    expect([again.code, again.stdout]).toEqual([1, ''])
    expect(again.stderr).toContain('the run has ended already')
    expect(again.stderr).toContain('nobody: there is no run of this id')
  })

  it.each([
    [['retry'], 'which run?'],
    [['list', 'x'], 'a list takes no ids'],
    [['cancel', 'x', '--resume'], '--resume goes with'],
    [['--status', 'sad'], 'Allowed choices are queued, running, succeeded, failed, canceled.'],
    [['explode'], 'Allowed choices are list, retry, cancel.'],
  ])('%j is wrong use', async (args, said) => {
    const { code, stdout, stderr } = await runs(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
  })

  describe('with a server', () => {
    let server: StartedServer
    beforeAll(async () => {
      server = await startServer(dir)
    })
    afterAll(() => server.stop('SIGKILL'))

    it('has the server do it at once', async () => {
      const [succeeded] = await listed('--status', 'succeeded', '--batch', 'good')
      const { code, stdout } = await runs('retry', succeeded!.id)
      expect(code).toBe(0)
      expect(stdout).not.toContain('No server runs here')
      const id = /queued again as ([0-9a-f-]{36})/.exec(stdout)![1]!
      await expect
        .poll(async () => (await listed('--batch', 'good')).find((run) => run.id === id)?.status, {
          timeout: 30_000,
        })
        .toBe('succeeded')
      expect((await runs('cancel', id)).stderr).toContain('the run has ended already')
    })
  })
})
