import { describe, expect, it } from 'vitest'
import { ingest, openExample, projectWith } from '../examples/example-project.ts'
import { serveRecorded } from '../examples/recorded-server.ts'

const DEFAULTS = { 'metrics/defaults/defaults.yaml': 'db: duckdb\n' }

describe('python_ingest_simple', () => {
  it('gives five numbers of one time', async () => {
    const dir = await projectWith(['python_ingest_simple'], DEFAULTS)
    const { run, metrics } = await ingest(dir, 'python_ingest_simple')
    expect([run.status, run.error]).toEqual(['succeeded', undefined])
    expect(Object.keys(metrics).sort()).toEqual([1, 2, 3, 4, 5].map((n) => `metric${n}`))
    const points = Object.values(metrics).flat()
    expect(points).toHaveLength(5)
    expect(new Set(points.map(({ time }) => time)).size).toBe(1)
    for (const { time, value } of points) {
      expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000)
      expect(value).toBeGreaterThanOrEqual(-10)
      expect(value).toBeLessThanOrEqual(30)
    }
  })
})

describe('earthquake', () => {
  it('counts what has a magnitude, and says what is wrong with other answers', async () => {
    const server = await serveRecorded('earthquake')
    const dir = await projectWith(['earthquake'], {
      ...DEFAULTS,
      '.env': `ANOMSTACK_FN_EARTHQUAKE_URL=${server.url}\n`,
    })
    const read = await openExample(dir, 'earthquake')
    const { run, metrics } = await read()
    expect([run.status, run.error]).toEqual(['succeeded', undefined])
    const values = Object.entries(metrics).map(([metric, points]) => [metric, points[0]?.value])
    expect(Object.fromEntries(values)).toEqual({
      earthquake_count_last_day: 3,
      earthquake_max_magnitude_last_day: 4.5,
      earthquake_avg_magnitude_last_day: 2,
    })
    for (const [status, body, said] of [
      [503, 'busy', 'all_day.geojson answered 503'],
      [200, '<html></html>', 'answered something that is no JSON'],
      [200, '{"unexpected":true}', 'the earthquake feed has an unexpected form'],
      [200, 'null', 'the earthquake feed has an unexpected form'],
    ] as const) {
      server.answerAll({ status, body })
      const failed = await read()
      expect(failed.run).toMatchObject({ status: 'failed', error: { code: 'FUNCTION_FAILED' } })
      expect(failed.run.error?.message).toContain(said)
    }
    await server.close()
    expect((await read()).run.error?.message).toContain('Connection refused')
  })

  it('has a count and no more on a day without any', async () => {
    const server = await serveRecorded('earthquake')
    server.answerAll({ status: 200, body: '{"features":[]}' })
    const dir = await projectWith(['earthquake'], {
      ...DEFAULTS,
      '.env': `ANOMSTACK_FN_EARTHQUAKE_URL=${server.url}\n`,
    })
    const { metrics } = await ingest(dir, 'earthquake')
    await server.close()
    expect(Object.keys(metrics)).toEqual(['earthquake_count_last_day'])
  })
})
