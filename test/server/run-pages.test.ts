import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Run, Step } from '../../src/runs/run.ts'
import { DAY, MINUTE, NOW, type ScratchServer, scratchServer, seriesRows } from './scratch-server.ts'

let server: ScratchServer
beforeEach(async () => {
  server = await scratchServer()
  await server.database.metricsTable('metrics').ensure()
})
afterEach(() => server.close())

const executor = 'me'
const page = async (path: string) => {
  const response = await server.get(path)
  const html = await response.text()
  return { status: response.status, html, text: html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ') }
}
const submit = (path: string, fields: readonly (readonly [string, string])[]) =>
  fetch(server.url + path, {
    method: 'POST',
    body: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])),
    redirect: 'manual',
  })

async function failed(batch: string, now = NOW): Promise<Run> {
  const { runs } = server.control
  const { run } = await runs.enqueue({ job: 'ingest', batch, trigger: 'manual' }, { now })
  await runs.claimById(run.id, { executor, now })
  const error = {
    code: 'QUERY_FAILED',
    message: `no table of ${batch}`,
    stack: 'Error: no table\n at query.ts:7',
  } as const
  await runs.finish(run.id, { attempt: 1, executor, status: 'failed', now: now + 1_000, error })
  return run
}

describe('run page', () => {
  it('shows steps over time by attempt, stacks, parts, and what can be done', async () => {
    const { runs } = server.control
    const { run } = await runs.enqueue(
      { job: 'train', batch: 'sales', trigger: 'schedule', scheduledFor: NOW, parent: 'backfill-7' },
      { now: NOW },
    )
    const step = (attempt: number, index: number, rest: Partial<Step>): Step => ({
      runId: run.id,
      index,
      attempt,
      name: 'train/load history',
      status: 'succeeded',
      startedAt: NOW + attempt * DAY + index * 1_000,
      endedAt: NOW + attempt * DAY + index * 1_000 + 500,
      ...rest,
    })
    await runs.saveStep(step(1, 0, {}))
    await runs.saveStep(
      step(1, 1, {
        name: 'fit',
        status: 'failed',
        error: { code: 'JOB_FAILED', message: 'out of memory', stack: 'Error: oom\n at fit.ts:1' },
      }),
    )
    await runs.saveStep(step(2, 0, { result: { metrics: 3 } }))
    for (const shard of ['0', '1'])
      await runs.enqueue(
        { job: 'train', batch: 'sales', trigger: 'fan-out', parent: run.id, shard },
        { now: NOW },
      )
    await runs.cancel((await runs.list({ parent: run.id, limit: 1 }))[0]!.id, NOW)
    await runs.claimById(run.id, { executor, now: NOW })
    const running = await page(`/runs/${run.id}`)
    expect(running.html).toContain('Cancel this run')
    expect(running.html).not.toContain('Retry from')
    await runs.finish(run.id, {
      attempt: 1,
      executor,
      status: 'failed',
      now: NOW + 5,
      error: { code: 'JOB_FAILED', message: 'it failed', stack: 'Error: it\n at run.ts:9' },
    })
    const { html, text } = await page(`/runs/${run.id}`)
    for (const said of [
      'Attempt 1',
      'Attempt 2',
      'out of memory',
      'at fit.ts:1',
      'at run.ts:9',
      '1 of 2 parts done',
    ])
      expect(text).toContain(said)
    expect(html.match(/<rect class="step-(succeeded|failed)"/g)).toHaveLength(3)
    expect(html.match(/class="step-axis"/g)).toHaveLength(2)
    expect(html).toContain('{&quot;metrics&quot;:3}')
    expect(html).toContain('href="/runs?parent=backfill-7"')
    expect(text).toContain('Retry from the failed step')
    const resumed = await submit(`/runs/${run.id}/retry`, [['resume', '1']])
    expect(resumed.status).toBe(303)
    const id = resumed.headers.get('location')!.slice('/runs/'.length)
    expect(await runs.get(id)).toMatchObject({ resumes: run.id, trigger: 'retry', parent: 'backfill-7' })
    expect((await page(`/runs/${id}`)).html).toContain(`href="/runs/${run.id}"`)
    // A second click is the same wish.
    expect((await submit(`/runs/${run.id}/retry`, [['resume', '1']])).headers.get('location')).toBe(
      `/runs/${id}`,
    )
    const [child] = await runs.list({ parent: run.id, limit: 1 })
    expect((await page(`/runs/${child!.id}`)).html).toContain(`href="/runs/${run.id}"`)
  })

  it('offers nothing to go on with where nothing was done, and refuses to retry what runs', async () => {
    const run = await failed('sales')
    const { text } = await page(`/runs/${run.id}`)
    expect(text).toContain('Retry from the beginning')
    expect(text).not.toContain('Retry from the failed step')
    const { run: waiting } = await server.control.runs.enqueue(
      { job: 'score', batch: 'sales', trigger: 'manual' },
      { now: NOW },
    )
    expect((await submit(`/runs/${waiting.id}/retry`, [])).status).toBe(409)
    expect((await submit('/runs/nobody/retry', [])).status).toBe(404)
    expect((await submit(`/runs/${waiting.id}/cancel`, [])).status).toBe(303)
    expect((await server.control.runs.get(waiting.id))?.status).toBe('canceled')
  })
})

describe('runs page', () => {
  it('filters by day in the time zone of the project, queue and parent, and keeps that on the next page', async () => {
    server.addBatch('sales')
    await failed('old', NOW - 3 * DAY)
    for (let index = 0; index < 51; index++) await failed('sales', NOW + index)
    const { html, text } = await page('/runs?from=2025-06-16&to=2025-06-16&queue=ingest')
    expect(html).not.toContain('no table of old')
    expect(text).toContain('no table of sales')
    const older = /id="older" href="([^"]+)"/.exec(html)![1]!.replaceAll('&amp;', '&')
    expect(older).toMatch(
      /^\/runs\?queue=ingest&from=2025-06-16&to=2025-06-16&before=|^\/runs\?.*from=2025-06-16/,
    )
    expect((await page(older)).html.match(/class="row"/g)).toHaveLength(1)
    expect((await page('/runs?to=2025-06-13')).text).toContain('no table of old')
    expect((await page('/runs?parent=nothing')).text).toContain('No run fits.')
    expect((await page('/runs?from=yesterday')).status).toBe(400)
  })

  it('does the failed ones that it shows again, once however often it is clicked', async () => {
    const runs = [await failed('a'), await failed('b')]
    const { html, text } = await page('/runs?status=failed')
    expect(text).toContain('2 failed runs on this page')
    const ids = [...html.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => ['id', id!] as const)
    expect(ids.map(([, id]) => id).sort()).toEqual(runs.map(({ id }) => id).sort())
    const sent = [...ids, ['id', 'nobody'], ['status', 'failed'], ['resume', '1']] as const
    const first = await submit('/runs/bulk/retry', sent)
    expect(first.headers.get('location')).toBe('/runs?status=failed&queued=2&refused=1')
    await submit('/runs/bulk/retry', sent)
    expect(await server.control.runs.list({ status: 'queued', limit: 9 })).toHaveLength(2)
    expect((await page('/runs?status=failed&queued=2&refused=1')).text).toContain(
      '2 runs queued again; 1 could not be',
    )
    expect((await submit('/runs/bulk/retry', [])).status).toBe(400)
  })
})

describe('schedules page', () => {
  beforeEach(() => {
    server.addBatch('a/b', { pipeline_cron_schedule: '*/10 * * * *', time_zone: 'Europe/Berlin' })
    server.addBatch('stopped', {
      pipeline_cron_schedule: '5 * * * *',
      pipeline_default_schedule_status: 'STOPPED',
    })
    server.addBatch('wrong', { pipeline_cron_schedule: 'at noon' })
  })

  it('shows next ticks, what became of the last ones, and what is wrong', async () => {
    const run = await failed('a/b')
    const schedule = 'pipeline:a/b'
    const ticks = server.control.schedules
    await ticks.recordTicks([{ schedule, at: NOW - 20 * MINUTE, outcome: 'fired', runId: run.id }])
    await ticks.recordTicks([
      {
        schedule,
        at: NOW - 10 * MINUTE,
        outcome: 'skipped',
        reason: 'the run before it goes on',
      },
    ])
    const { html, text } = await page('/schedules')
    expect(text).toContain('next in 10 min')
    expect(text).toContain('the run before it goes on')
    expect(html).toContain(`<a href="/runs/${run.id}">`)
    expect(text).toContain('Its file says STOPPED.')
    expect(text).toMatch(/schedule &quot;at noon&quot; \(UTC\) is not valid/)
    expect((await page('/schedules?batch=stopped&state=running')).text).toContain('No schedule fits.')
    expect((await page('/schedules?state=asleep')).status).toBe(400)
  })

  it('pauses and resumes, and comes back to where it was', async () => {
    const change = (schedule: string, to: string) =>
      submit('/schedules/state', [
        ['schedule', schedule],
        ['to', to],
        ['batch', 'a/b'],
      ])
    const paused = await change('pipeline:a/b', 'paused')
    expect([paused.status, paused.headers.get('location')]).toEqual([303, '/schedules?batch=a%2Fb'])
    expect((await page('/schedules?state=paused')).text).toContain('Does not fire until it is resumed.')
    await change('pipeline:a/b', 'running')
    await change('pipeline:stopped', 'running')
    expect((await page('/schedules?batch=stopped&state=running')).text).toContain('running, resumed by hand')
    expect((await change('pipeline:nobody', 'paused')).status).toBe(404)
    expect((await change('pipeline:a/b', 'explode')).status).toBe(400)
    const foreign = await fetch(`${server.url}/schedules/state`, {
      method: 'POST',
      headers: { origin: 'https://evil.test' },
      body: new URLSearchParams({ schedule: 'pipeline:a/b', to: 'paused' }),
    })
    expect(foreign.status).toBe(400)
  })
})

describe('lineage on the batch page', () => {
  it('is a row of boxes, each with how fresh it is', async () => {
    server.addBatch('b', { pipeline_cron_schedule: '*/10 * * * *', alert_methods: 'slack' })
    await server.database
      .metricsTable('metrics')
      .upsert(seriesRows({ batch: 'b', metric: 'm', values: [1, 2, 3], scores: [0, 0] }))
    const { html, text } = await page('/batches/b')
    expect(html.match(/class="box box-/g)).toHaveLength(6)
    expect(text).toMatch(
      /Source ○ never .* Metrics ● fresh 1 metric .* Model ○ never Scores ○ never .*1 min 0 s behind|Scores/,
    )
    expect(text).toContain('behind the values')
    expect(text).toContain('slack')
  })
})
