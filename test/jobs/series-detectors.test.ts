import { expect, it } from 'vitest'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from './series.ts'

const SETTINGS = [
  'model_configs:',
  '  - {model_name: SubKNN, model_params: {window_size: 40}}',
  '  - {model_name: MAD}',
  'preprocess_params: {diff_n: 0, smooth_n: 1, lags_n: 0}',
  'model_combination_method: moa',
  'model_combination_buckets: 2',
  "train_cron_schedule: '0 0 1 1 *'",
  'score_max_n: 5',
  'disable_change: true',
  '',
].join('\n')

async function openBatch(count: number, settings = SETTINGS) {
  const dir = await createProject({ 'a.yaml': batchYaml('a', settings), 'a.sql': valuesSql(calm(count)) })
  const opened = await openApp(dir)
  expect(opened.app.project.faults).toEqual([])
  const ended = await opened.run('pipeline', 'a', justAfter(count))
  return {
    ...opened,
    ended,
    async come(next: number, values = calm(next)) {
      await writeFiles(dir, { 'a.sql': valuesSql(values) })
      return opened.run('pipeline', 'a', justAfter(next))
    },
    async scores() {
      const { timestamps, values, metadata } = await opened.points('a', 'm', 'score')
      return Array.from(timestamps, (at, i) => [
        (at - START) / MINUTE,
        values[i],
        metadata?.[i]?.replace(/"scored_at":\d+/, ''),
      ])
    },
  }
}

it('a batch with windows of raw values scores the same a few points at a time as all at once', async () => {
  const [often, once] = [await openBatch(150), await openBatch(150)]
  for (const count of [151, 152, 155, 170]) await often.come(count)
  await once.come(170)
  const scores = await often.scores()
  expect(scores).toEqual(await once.scores())
  expect(scores).toHaveLength(25)
})

it('sees a shape that never was, in values that were', async () => {
  const batch = await openBatch(200, SETTINGS.replace('  - {model_name: MAD}\n', ''))
  const flat = calm(240).map((value, index) => (index < 200 ? value : 100))
  await batch.come(240, flat)
  const scores = await batch.scores()
  expect(scores.at(-1)![1]).toBe(1)
  expect(String(scores.at(-1)![2])).toContain('SubKNN 1.00')
})

it('is learning until there is a window, and then as the others say', async () => {
  const alone = await openBatch(39, SETTINGS.replace('  - {model_name: MAD}\n', ''))
  expect(alone.ended.logs).toContain('metric "m" is learning, 39 of 40 points')
  const mixed = await openBatch(39)
  expect(mixed.ended.status).toBe('succeeded')
  expect(await mixed.scores()).toHaveLength(5)
})

it('is replayed, with the scores that it would have had', async () => {
  const { run, scores } = await openBatch(150)
  expect((await run('backfill', 'a', justAfter(150))).status).toBe('succeeded')
  const found = await scores()
  expect(found[0]![0]).toBe(14)
  expect(found.at(-1)![0]).toBe(149)
  expect(found).toHaveLength(136)
})
