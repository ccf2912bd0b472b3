import { describe, expect, it } from 'vitest'
import { calm, justAfter, MINUTE, START } from '../jobs/series.ts'
import { createProject, openApp } from '../project.ts'

const VALUES = calm(60).map((value) => value.toFixed(6))

const SHOP = `
import datetime

START = datetime.datetime(2024, 1, 1)
VALUES = [${VALUES.join(', ')}]

def ingest():
    print("reading {{ params.shop }}")
    return [
        {"metric_timestamp": START + datetime.timedelta(minutes=i), "metric_name": "orders", "metric_value": value}
        for i, value in enumerate(VALUES)
    ]
`

describe('a batch in Python', () => {
  it.each([
    ['an included file', `ingest_fn: '{% include "./shop.py" %}'`],
    ['text', `ingest_fn: |\n${SHOP.replace(/^/gm, '  ')}`],
    [
      'text of a language that is told',
      `ingest_fn_language: python\ningest_fn: |\n${SHOP.replace(/^/gm, '  ')}`,
    ],
  ])('as %s is ingested, trained and scored', async (_, source) => {
    const dir = await createProject({
      'shop.yaml': `metric_batch: shop\ndb: sqlite\nparams: {shop: ours}\n${source}\n`,
      'shop.py': SHOP,
    })
    const { app, run, points } = await openApp(dir)
    expect(app.project.faults).toEqual([])
    const ended = await run('pipeline', 'shop', justAfter(60))
    expect(ended, JSON.stringify(ended)).toMatchObject({ status: 'succeeded' })
    expect(ended.logs).toContain('reading ours')
    const { timestamps, values } = await points('shop', 'orders', 'metric')
    expect(Array.from(timestamps)).toEqual(Array.from({ length: 60 }, (__, i) => START + i * MINUTE))
    expect(values[7]).toBe(Math.round(Number(VALUES[7]) * 1e4) / 1e4)
    expect((await points('shop', 'orders', 'score')).timestamps.length).toBeGreaterThan(0)
  })

  it('as a file beside the batch names its metric by itself', async () => {
    const dir = await createProject({
      'shop.yaml': 'metric_batch: shop\ndb: sqlite\nmetrics: [visits]\n',
      'visits.py': 'def ingest(): return [{"metric_timestamp": "2024-01-01 00:00", "metric_value": 3}]',
    })
    const { run, points } = await openApp(dir)
    expect((await run('ingest', 'shop', START + MINUTE)).status).toBe('succeeded')
    expect(Array.from((await points('shop', 'visits', 'metric')).values)).toEqual([3])
  })

  it('fails with the line that is wrong, and no other batch with it', async () => {
    const dir = await createProject({
      'shop.yaml': `metric_batch: shop\ndb: sqlite\ningest_fn: '{% include "./shop.py" %}'\n`,
      'shop.py': 'def ingest():\n    return 1 / 0\n',
      'gone.yaml': `metric_batch: gone\ndb: sqlite\npython: .venv/bin/python\ningest_fn: '{% include "./shop.py" %}'\n`,
    })
    const { run } = await openApp(dir)
    const failed = await run('ingest', 'shop', START)
    expect(failed.status).toBe('failed')
    expect(JSON.stringify(failed)).toMatch(
      /shop\.py:2: ingest\(\) raised ZeroDivisionError: division by zero/,
    )
    expect(JSON.stringify(await run('ingest', 'gone', START))).toMatch(
      /there is no Python at .*\.venv\/bin\/python/,
    )
  })

  it('whose preprocess_fn or detector lacks its packages says which, and where', async () => {
    const bare = (more: string) =>
      `metric_batch: shop\ndb: sqlite\npython: ./bare\nparams: {shop: ours}\ningest_fn: '{% include "./shop.py" %}'\n${more}`
    const files = {
      'shop.py': SHOP,
      // Without any package, whatever is installed on this machine.
      bare: '#!/bin/sh\nexec python3 -S -I "$@"\n',
    }
    for (const [more, problem] of [
      [
        'preprocess_fn: |\n  def preprocess(df, **params): return df\n',
        /it needs the package .*pandas.*, which .* has not/,
      ],
      [
        'model_configs: [{model_name: pyod.models.ecod.ECOD}]\n',
        /it needs the package .*pyod.*, which .* has not/,
      ],
    ] as const) {
      const dir = await createProject({ ...files, 'shop.yaml': bare(more) })
      const { chmod } = await import('node:fs/promises')
      await chmod(`${dir}/bare`, 0o755)
      const { run } = await openApp(dir)
      const ingested = await run('ingest', 'shop', justAfter(60))
      expect(ingested.status, JSON.stringify(ingested)).toBe('succeeded')
      const failed = await run('train', 'shop', justAfter(60))
      expect(failed.status).toBe('failed')
      expect(JSON.stringify(failed)).toMatch(problem)
    }
  })
})
