import { describe, expect, it } from 'vitest'
import type { ListedSchedule } from '../../src/orchestrator/schedule-list.ts'
import { anomstack, folderWith, startServer } from './command.ts'

const BATCH = `metric_batch: shop
db: sqlite
schedule: "0 0 1 1 *"
ingest_sql: select 1 as metric_timestamp, 'orders' as metric_name, 1 as metric_value
`
const project = () => folderWith({ 'metrics/shop.yaml': BATCH })

async function listed(dir: string, ...args: string[]): Promise<string[]> {
  const { code, stdout } = await anomstack(['schedules', ...args, '--json', '--project', dir])
  expect(code).toBe(0)
  return (JSON.parse(stdout) as ListedSchedule[]).map(({ id, state }) => `${id} ${state}`)
}

describe('schedules', () => {
  it('lists them for people and for programs', async () => {
    const dir = await project()
    expect(await listed(dir)).toEqual([
      'pipeline:shop running',
      'delete:shop stopped',
      'summary running',
      'retention running',
    ])
    const { stdout } = await anomstack(['schedules', '--project', dir])
    expect(stdout).toMatch(/^pipeline:shop +0 0 1 1 \* +UTC +running +\d{4}-01-01T00:00:00Z$/m)
    expect(stdout).toContain('4 schedules, 3 running\n')
  })

  it('pauses and resumes without a server, all that are named or none', async () => {
    const dir = await project()
    expect(await listed(dir, 'pause', 'pipeline:shop', 'summary')).toEqual([
      'pipeline:shop paused',
      'summary paused',
    ])
    const wrong = await anomstack(['schedules', 'resume', 'summary', 'pipeline:shp', '--project', dir])
    expect([wrong.code, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('there is no schedule "pipeline:shp"; did you mean "pipeline:shop"?')
    expect(await listed(dir, 'list', 'summary')).toEqual(['summary paused'])
    expect((await anomstack(['schedules', 'pause', '--project', dir])).code).toBe(2)
  })

  it('pauses and resumes through the server that runs', async () => {
    const dir = await project()
    const server = await startServer(dir)
    expect(await listed(dir, 'resume', 'delete:shop')).toEqual(['delete:shop running'])
    const response = await fetch(new URL('/api/v1/schedules?job=delete', server.url))
    expect(await response.json()).toMatchObject({ items: [{ id: 'delete:shop', state: 'running' }] })
    expect((await server.stop()).code).toBe(0)
  })
})
