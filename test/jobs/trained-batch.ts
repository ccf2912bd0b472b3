import { expect } from 'vitest'
import type { MetricRow, MetricType } from '../../src/core/metric-row.ts'
import type { RunTrigger } from '../../src/runs/run.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from './series.ts'

const SETTINGS = 'disable_change: true\nrun_retries: 0\n'
/** Points that it is trained on, one a minute. */
export const TRAINED = 100

/** Calm values of metrics, each on a level of its own. */
export const sqlOf = (names: readonly string[], count: number) =>
  names
    .map((name, index) => valuesSql(calm(count, 100 + index), { name }))
    .reduce((all, next) => `${all} union all ${next}`)

/** A batch that has been trained and scored, with what its trainings leave behind. */
export async function openBatch(more = '', { names = ['m'] as readonly string[], trained = TRAINED } = {}) {
  const dir = await createProject({
    'a.yaml': batchYaml('a', SETTINGS + more),
    'a.sql': sqlOf(names, trained),
    'anomstack.yaml': 'calendars: {nights: "22:00-23:00"}\n',
  })
  let opened = await openApp(dir)
  expect(opened.app.project.faults).toEqual([])
  expect((await opened.run('pipeline', 'a', justAfter(trained))).status).toBe('succeeded')
  const batchOf = () => opened.app.project.batches.get('a')!
  const store = () => opened.app.models(batchOf())
  return {
    dir,
    store,
    app: () => opened.app,
    run: (job: 'pipeline' | 'train' | 'score', at: number, trigger: RunTrigger = 'manual') =>
      opened.run(job, 'a', at, trigger),
    async train(at: number, trigger: RunTrigger = 'schedule') {
      const ended = await opened.run('train', 'a', at, trigger)
      const resultOf = (step: string) => ended.steps.find(({ name }) => name === step)?.result
      expect([ended.status, ended.error?.message]).toEqual(['succeeded', undefined])
      return { ...ended, resultOf }
    },
    /** The points up to this one come, and are scored. */
    async come(count: number, sql = sqlOf(names, count)) {
      await writeFiles(dir, { 'a.sql': sql })
      for (const job of ['ingest', 'score', 'alert'] as const)
        expect((await opened.run(job, 'a', justAfter(count))).status).toBe('succeeded')
    },
    async put(type: MetricType, minute: number, value = 1) {
      const timestamp = START + minute * MINUTE
      const row: MetricRow = { timestamp, batch: 'a', name: names[0]!, type, value, metadata: '' }
      await opened.app.database(batchOf()).metricsTable('metrics').upsert([row])
    },
    async change(settings: string) {
      await writeFiles(dir, { 'a.yaml': batchYaml('a', SETTINGS + settings) })
      opened = await openApp(dir)
      expect(opened.app.project.faults).toEqual([])
    },
    async modelOf(metric = names[0]!) {
      const bundle = (await store().latest('a'))!
      const entry = (await bundle.entries([metric])).get(metric)!
      return { entry, bytes: Buffer.from((await bundle.read([metric])).get(metric) as Uint8Array) }
    },
    async scores(metric = names[0]!) {
      const { timestamps, values, metadata } = await opened.points('a', metric, 'score')
      return Array.from(timestamps, (at, index) => [at, values[index], JSON.parse(metadata![index]!).level])
    },
  }
}

export type TrainedBatch = Awaited<ReturnType<typeof openBatch>>

export const timeOf = (point: number): number => START + point * MINUTE
