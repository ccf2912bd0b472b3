import { describe, expect, it } from 'vitest'
import { functionLanguage } from '../../src/config/function-language.ts'
import { batchText, faultLines, load, loadBatch } from './project-folder.ts'

describe('the short form', () => {
  it('stands for the long one', async () => {
    const project = await load({
      'metrics/shop/sales.yaml': [
        'metric_batch: sales',
        'metrics: [daily_revenue, orders]',
        'data_source: sqlite',
        'schedule: "0 9 * * *"',
        'ml_algorithm: IsolationForest',
        'anomaly_threshold: 0.9',
        'alerts: {email_enabled: true, slack_enabled: false, console_enabled: true}',
      ].join('\n'),
      'metrics/shop/daily_revenue.sql': 'select {{ x }}\n',
      'metrics/shop/orders.ts': 'export const ingest = () => []\n',
    })
    expect(faultLines(project)).toEqual([])
    const batch = project.batches.get('sales')
    expect(batch?.settings).toMatchObject({
      db: 'sqlite',
      pipeline_cron_schedule: '0 9 * * *',
      pipeline_default_schedule_status: 'RUNNING',
      ingest_default_schedule_status: 'STOPPED',
      model_configs: [{ model_name: 'IForest', model_params: { contamination: 0.1, n_estimators: 100 } }],
      alert_threshold: 0.9,
      alert_methods: 'email,console',
    })
    expect(batch?.sources).toEqual([
      {
        kind: 'sql',
        text: 'select {{ x }}\n',
        file: 'metrics/shop/daily_revenue.sql',
        metric: 'daily_revenue',
      },
      {
        kind: 'function',
        language: 'typescript',
        text: 'export const ingest = () => []\n',
        file: 'metrics/shop/orders.ts',
        metric: 'orders',
      },
    ])
  })

  it('overrides the long form of a weaker layer, and the other way round', async () => {
    const project = await load({
      'metrics/defaults/defaults.yaml':
        'db: duckdb\nalert_threshold: 0.5\nml_algorithm: KNN\nalert_methods: email\n',
      'metrics/a.yaml':
        'metric_batch: a\ningest_sql: x\ndata_source: sqlite\nanomaly_threshold: 0.6\nalerts: {slack_enabled: true}\n',
      'metrics/b.yaml': 'metric_batch: b\ningest_sql: x\nmodel_configs: [{model_name: PCA}]\n',
    })
    expect(faultLines(project)).toEqual([])
    expect(project.batches.get('a')?.settings).toMatchObject({
      db: 'sqlite',
      alert_threshold: 0.6,
      alert_methods: 'slack',
      model_configs: [{ model_name: 'KNN' }],
    })
    expect(project.batches.get('b')?.settings).toMatchObject({
      alert_threshold: 0.5,
      model_configs: [{ model_name: 'PCA' }],
    })
  })

  it('may come from the environment', async () => {
    const batch = await loadBatch([], {
      ANOMSTACK__SALES__SCHEDULE: '*/5 * * * *',
      ANOMSTACK__SALES__ALERTS: '{console_enabled: true}',
    })
    expect(batch.settings).toMatchObject({ pipeline_cron_schedule: '*/5 * * * *', alert_methods: 'console' })
  })

  it.each([
    [
      'data_source: sqlite\ndb: duckdb',
      '3:1: error: "data_source" is short for "db", which is set too; leave one of them out',
    ],
    [
      'alerts: {slak_enabled: true}',
      '3:9: error: alert_methods: unknown channel "slak"; known: console, email, slack (did you mean slack?)',
    ],
    [
      'alerts: {slack: true}',
      '3:10: error: alerts.slack: expected a channel with _enabled behind it, such as slack_enabled',
    ],
    ['alerts: {slack_enabled: maybe}', '3:25: error: alerts.slack_enabled: expected true or false, got text'],
    ['alerts: [slack]', '3:9: error: alerts: expected a map, got a list'],
    ['ml_algorithm: 3', '3:15: error: ml_algorithm: expected text, got a number'],
    ['anomaly_threshold: 2', '3:20: error: anomaly_threshold: expected at most 1'],
    [
      'schedule: often',
      expect.stringContaining('3:11: error: pipeline_cron_schedule: "often" is not a cron expression'),
    ],
  ])('%j is refused', async (lines, expected) => {
    const project = await load({ 'metrics/sales.yaml': batchText(lines) })
    expect(faultLines(project).map((line) => line.replace('metrics/sales.yaml:', ''))).toEqual([expected])
  })

  it('says where it looked for a metric’s file', async () => {
    const project = await load({ 'metrics/shop/sales.yaml': 'metric_batch: sales\nmetrics:\n  - revenue\n' })
    expect(faultLines(project)).toEqual([
      'metrics/shop/sales.yaml:3:5: error: metrics: there is no file for "revenue"; looked for metrics/shop/revenue.sql, metrics/shop/revenue.ts, metrics/shop/revenue.js, metrics/shop/revenue.mts, metrics/shop/revenue.mjs, metrics/shop/revenue.py',
    ])
  })

  it.each([['../secret'], ['a/b'], ['/etc/passwd'], ['.env'], ['..'], ['a\\b'], ['a\0b']])(
    'does not leave the folder for %j',
    async (name) => {
      const project = await load({
        'metrics/shop/sales.yaml': `metric_batch: sales\nmetrics: [${JSON.stringify(name)}]\n`,
        'metrics/secret.sql': 'x',
        'metrics/shop/a/b.sql': 'x',
      })
      expect(faultLines(project)).toEqual([
        expect.stringContaining('cannot be the name of a file beside the batch file'),
      ])
    },
  )

  it('refuses two files for one metric, and one metric twice', async () => {
    const project = await load({
      'metrics/sales.yaml': 'metric_batch: sales\nmetrics: [a, b, b]\n',
      'metrics/a.sql': 'x',
      'metrics/a.py': 'x',
      'metrics/b.sql': 'x',
    })
    expect(faultLines(project)).toEqual([
      'metrics/sales.yaml:2:11: error: metrics: several files may be meant by "a": metrics/a.sql, metrics/a.py',
      'metrics/sales.yaml:2:17: error: metrics: "b" is named twice',
    ])
  })
})

describe('sources', () => {
  it('must be there unless ingest is disabled', async () => {
    const project = await load({
      'metrics/a.yaml': 'metric_batch: a\n',
      'metrics/b.yaml': 'metric_batch: b\ndisable_ingest: true\n',
    })
    expect(faultLines(project)).toEqual([
      'metrics/a.yaml: error: the batch has no ingest_sql, no ingest_fn and no metrics: there is nothing to ingest',
    ])
    expect(project.batches.get('b')?.sources).toEqual([])
  })

  it('ingest_sql wins over ingest_fn, with a warning', async () => {
    const project = await load({ 'metrics/sales.yaml': batchText('ingest_fn: export function ingest() {}') })
    expect(faultLines(project)).toEqual([
      'metrics/sales.yaml:3:1: warning: ingest_fn has no effect beside ingest_sql; leave one of them out',
    ])
    expect(project.batches.get('sales')?.sources).toHaveLength(1)
  })

  it('an include that is the whole text names its file', async () => {
    const project = await load({
      'metrics/a.yaml': 'metric_batch: a\ningest_sql: >\n  {% include "./sub/a.sql" %}\n',
      'metrics/b.yaml': 'metric_batch: b\ningest_fn: |\n  {% include "sub/b.py" %}\n',
      'metrics/c.yaml': 'metric_batch: c\ningest_sql: "{% include \'./sub/missing.sql\' %}"\n',
      'metrics/sub/a.sql': 'select 1',
      'metrics/sub/b.py': 'def ingest(): pass',
    })
    expect(project.batches.get('a')?.sources).toMatchObject([{ kind: 'sql', file: 'metrics/sub/a.sql' }])
    expect(project.batches.get('b')?.sources).toMatchObject([
      { kind: 'function', language: 'python', file: 'metrics/sub/b.py' },
    ])
    expect(faultLines(project)).toEqual([
      'metrics/c.yaml:2:13: error: ingest_sql: there is no file "./sub/missing.sql" in metrics; includes are resolved from that folder',
    ])
  })

  it.each([
    ['def ingest():\n    pass', 'python'],
    ['import x\nasync def ingest(a):\n    pass', 'python'],
    ['export async function ingest(): Promise<Row[]> { return [] }', 'typescript'],
    ['// def ingest( in a comment\nexport function ingest() {}', 'typescript'],
    ['{% include "./a/b.py" %}', 'python'],
    ["{%- include 'b.mjs' -%}\n", 'javascript'],
    ['{% include "b.js" %}', 'javascript'],
    ['{% include "b.mts" %}', 'typescript'],
  ] as const)('%j is in %s', (text, language) => {
    expect(functionLanguage(text)).toBe(language)
  })

  it('ingest_fn_language has the last word', async () => {
    const project = await load({
      'metrics/a.yaml':
        'metric_batch: a\ningest_fn: "export function ingest() {}"\ningest_fn_language: javascript\n',
    })
    expect(project.batches.get('a')?.sources).toMatchObject([{ language: 'javascript' }])
  })
})

describe('variables of templates', () => {
  it('are all keys that are set, own ones too, and defaults that say something', async () => {
    const used = await load(
      {
        'metrics/sales.yaml': [
          'metric_batch: sales',
          `ingest_sql: "select {{ ','.join(metrics) }} from {{ own_table }} {% include './part.sql' %}"`,
          'metrics: [a, b]',
          'own_table: t',
          'deep_key: 1',
          'x_region: eu',
          'params: {limit: 5}',
          'train_exclude_metrics: [a]',
          'alert_threshold: 0.7',
        ].join('\n'),
        'metrics/part.sql': 'where {{ deep_key }}',
      },
      { ANOMSTACK__SALES__X_LIVE: 'False' },
    )
    expect(faultLines(used)).toEqual([])
    const variables = used.batches.get('sales')?.variables
    expect(variables).toMatchObject({
      metric_batch: 'sales',
      metrics: ['a', 'b'],
      own_table: 't',
      deep_key: 1,
      x_region: 'eu',
      x_live: false,
      params: { limit: 5 },
      train_exclude_metrics: ['a'],
      alert_threshold: 0.7,
      alert_smooth_n: 3,
      metrics_dir: used.metricsDir,
    })
    // The original's queries ask `{% if score_exclude_metrics is defined %}`.
    for (const key of [
      'score_exclude_metrics',
      'change_include_metrics',
      'tholdalert_thresholds',
      'metric_tags',
      'step',
      'gcp_project_id',
    ])
      expect(variables).not.toHaveProperty(key)
  })

  it('beside a query, metrics is a variable, and must be used as one', async () => {
    const project = await load({ 'metrics/sales.yaml': batchText('metrics: [a]') })
    expect(faultLines(project)).toEqual([
      'metrics/sales.yaml:3:1: error: metrics names files beside the batch file, but the batch has a query or function of its own that does not use it; leave one of them out',
    ])
  })

  it('in shared files may serve any batch', async () => {
    const project = await load({
      'metrics/defaults/defaults.yaml': 'region: eu\nunused: 1\n',
      'metrics/a.yaml': 'metric_batch: a\ningest_sql: "select {{ region }}"\n',
      'metrics/b.yaml': 'metric_batch: b\ningest_sql: select 1\n',
    })
    expect([...project.batches.keys()]).toEqual(['a', 'b'])
    expect(faultLines(project)).toEqual([
      expect.stringMatching(/^metrics\/defaults\/defaults\.yaml:2:1: error: unknown key "unused"/),
    ])
  })

  it('own preprocessing may have parameters of its own', async () => {
    const batch = await loadBatch([
      'preprocess_fn: export function preprocess(series, params) {}',
      'preprocess_params: {window: 9}',
    ])
    expect(batch.settings.preprocess_params).toMatchObject({ window: 9, diff_n: 1 })
  })
})
