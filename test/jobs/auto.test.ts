import { describe, expect, it } from 'vitest'
import { batchSettings } from '../../src/config/batch-settings.ts'
import { modelSpecOf } from '../../src/jobs/model-spec-of.ts'
import { readScoreNote } from '../../src/models/score-note.ts'
import { createProject, openApp, writeFiles } from '../project.ts'
import { batchYaml, calm, justAfter, MINUTE, START, valuesSql } from './series.ts'

describe('the default model', () => {
  it('alerts by its own level, once, says what was expected, and learns between trainings', async () => {
    const values = (count: number) => calm(count).map((value, index) => (index === 230 ? value + 80 : value))
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'disable_change: true\n'),
      'a.sql': valuesSql(calm(200)),
    })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(200))
    for (const count of [220, 231, 232, 240]) {
      await writeFiles(dir, { 'a.sql': valuesSql(values(count)) })
      for (const job of ['ingest', 'score', 'alert'] as const)
        expect((await run(job, 'a', justAfter(count))).status).toBe('succeeded')
    }
    const alerts = await app.control.alerts.list({ kind: 'anomaly', limit: 10 })
    expect(alerts.map(({ timestamp }) => (timestamp - START) / MINUTE)).toEqual([230])
    expect(alerts[0]?.reason).toMatch(/where \S+ is expected.*times the usual difference above it/)

    const scores = await points('a', 'm', 'score')
    const notes = [...scores.timestamps].map((_, index) => readScoreNote(scores.metadata?.[index]))
    const at = scores.timestamps.indexOf(START + 230 * MINUTE)
    expect(notes[at]).toMatchObject({ begins: true })
    expect(notes[at]!.value).toBeCloseTo(values(231)[230]!, 3)
    expect(notes[at]!.strangeness).toBeGreaterThan(notes[at]!.level!)
    expect(notes[at]!.upper).toBeLessThan(notes[at]!.value)
    // An alert makes it stricter, which it knows although it was not trained again.
    expect(notes[at + 1]!.level).toBeGreaterThan(notes[at]!.level!)
    expect(notes[at + 1]!.begins).toBe(false)
  })

  it('finds in its first run what is strange among the newest points, for it has not learned these', async () => {
    const values = calm(200).map((value, index) => (index === 190 ? value + 80 : value))
    const dir = await createProject({
      'a.yaml': batchYaml('a', 'disable_change: true\nalert_recent_n: 25\n'),
      'a.sql': valuesSql(values),
    })
    const { app, run, points } = await openApp(dir)
    await run('pipeline', 'a', justAfter(200))
    expect((await points('a', 'm', 'score')).timestamps).toHaveLength(25)
    const alerts = await app.control.alerts.list({ kind: 'anomaly', limit: 10 })
    expect(alerts.map(({ timestamp }) => (timestamp - START) / MINUTE)).toEqual([190])
  })

  it('is told the time zone, the budget and the calendars of the batch', () => {
    const settings = batchSettings.parse({ time_zone: 'Europe/Rome', alert_budget: '1 per 4 weeks' })
    const exception = { rules: [{ kind: 'days', from: 20_000, to: 20_001 }], as: 0 } as const
    expect(modelSpecOf(settings, [exception])).toMatchObject({
      update: 'online',
      detectors: [
        {
          name: 'auto',
          params: { time_zone: 'Europe/Rome', alerts_per_week: 0.25, weekday_exceptions: [exception] },
        },
      ],
    })
    const own = { model_name: 'auto', model_params: { time_zone: 'UTC', alerts_per_week: 3 } }
    expect(
      modelSpecOf(batchSettings.parse({ ...settings, model_configs: [own] })).detectors[0]?.params,
    ).toEqual(own.model_params)
  })
})
