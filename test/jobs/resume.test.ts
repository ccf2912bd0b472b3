import { expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { silentLogger } from '../../src/core/logger.ts'
import type { Run } from '../../src/runs/run.ts'
import { createProject } from '../project.ts'
import { batchYaml, calm, justAfter, valuesSql } from './series.ts'

async function openBatch() {
  const dir = await createProject({
    'a.yaml': batchYaml('a', 'run_retries: 0\n'),
    'a.sql': valuesSql(calm(100)),
  })
  const asked: string[] = []
  const failing = new Set<string>()
  const app = await createApp(dir, {
    logger: () => silentLogger,
    around: {
      database: (database) => ({
        ...database,
        query(sql, options) {
          asked.push('query')
          return database.query(sql, options)
        },
        metricsTable(name) {
          const table = database.metricsTable(name)
          return {
            ...table,
            upsert(rows, options) {
              const all = [...rows]
              const fails = all.some(({ type }) => failing.has(type))
              return fails ? Promise.reject(new Error('the disk is full')) : table.upsert(all, options)
            },
          }
        },
      }),
    },
  })
  const stagesOf = async ({ id }: Run) =>
    (await app.control.runs.steps(id))
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, status, result }) => [name, result === undefined ? status : 'carried over'])
  const params = { at: justAfter(100) }
  return {
    app,
    asked,
    failing,
    stagesOf,
    run: (job: 'pipeline' | 'ingest', resumes?: Run) =>
      app.orchestrator.runNow({
        job,
        batch: 'a',
        trigger: 'manual',
        params,
        ...(resumes && { resumes: resumes.id }),
      }),
  }
}

it('a pipeline that failed in score is resumed there: ingest is not asked again, and what comes after is done again', async () => {
  const { app, asked, failing, run, stagesOf } = await openBatch()
  failing.add('score')
  const first = await run('pipeline')
  expect(first.status).toBe('failed')
  expect(await stagesOf(first)).toEqual([
    ['ingest', 'succeeded'],
    ['train', 'succeeded'],
    ['score', 'failed'],
    ['alert', 'succeeded'],
    ['change', 'succeeded'],
  ])
  expect(asked).toHaveLength(1)

  const second = await run('pipeline', first)
  expect(second.status).toBe('failed')
  failing.clear()
  const third = await run('pipeline', second)
  expect(third.status).toBe('succeeded')
  expect(await stagesOf(third)).toEqual([
    ['ingest', 'carried over'],
    ['train', 'carried over'],
    ['score', 'succeeded'],
    ['alert', 'succeeded'],
    ['change', 'succeeded'],
  ])
  expect(asked).toHaveLength(1)

  await run('pipeline')
  expect(asked).toHaveLength(2)
  await app.close(0)
})

it('a stage that was done before one that failed after it is done again once that one is', async () => {
  const { app, asked, failing, run, stagesOf } = await openBatch()
  failing.add('metric')
  const first = await run('pipeline')
  expect((await stagesOf(first))[0]).toEqual(['ingest', 'failed'])
  failing.clear()
  const second = await run('pipeline', first)
  expect(second.status).toBe('succeeded')
  expect((await stagesOf(second)).map(([, how]) => how)).not.toContain('carried over')
  expect(asked).toHaveLength(2)
  await app.close(0)
})

it('a job by itself is simply done again', async () => {
  const { app, asked, run } = await openBatch()
  const first = await run('ingest')
  expect((await run('ingest', first)).status).toBe('succeeded')
  expect(asked).toHaveLength(2)
  await app.close(0)
})
