import { describe, expect, it } from 'vitest'
import { formatFault, nearest } from '../../src/config/faults.ts'
import { batchText, faultLines, load } from './project-folder.ts'

/** Faults of a batch whose file has these lines more (they start at line 3), without the file's name. */
async function faultsOf(...lines: string[]): Promise<readonly string[]> {
  const project = await load({ 'metrics/sales.yaml': batchText(...lines) })
  return faultLines(project).map((line) => line.replace('metrics/sales.yaml:', ''))
}

describe('formatFault', () => {
  it('leaves out what is not known', () => {
    expect(formatFault({ severity: 'warning', file: 'ANOMSTACK_PORT', message: 'bad' })).toBe(
      'ANOMSTACK_PORT: warning: bad',
    )
    expect(
      formatFault({ severity: 'error', file: 'a.yaml', line: 3, message: 'bad', suggestion: 'good' }),
    ).toBe('a.yaml:3: error: bad (did you mean good?)')
  })
})

describe('nearest', () => {
  it.each([
    ['postgress', 'postgres'],
    ['DUCKDB', 'duckdb'],
    ['sqlight', 'sqlite'],
    ['oracle', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ])('%j', (name, expected) => {
    expect(nearest(name, ['duckdb', 'postgres', 'sqlite'])).toBe(expected)
  })
})

describe('a fault names line, column and what was probably meant', () => {
  it.each<[string[], string[]]>([
    [['alert_threshold: "0.8"'], ['3:18: error: alert_threshold: expected a number, got text']],
    [['alert_threshold: 1.5'], ['3:18: error: alert_threshold: expected at most 1']],
    [['change_threshold:'], ['3:18: error: change_threshold: expected a number, got nothing']],
    [['alert_max_n: 1.5'], ['3:14: error: alert_max_n: expected a whole number']],
    [['train_max_n: 0'], ['3:14: error: train_max_n: expected at least 1']],
    [['disable_train: maybe'], ['3:16: error: disable_train: expected true or false, got text']],
    [
      ['train_exclude_metrics: [a, 2]'],
      ['3:28: error: train_exclude_metrics[1]: expected text, got a number'],
    ],
    [
      ['ingest_default_schedule_status: RUNING'],
      [
        '3:33: error: ingest_default_schedule_status: expected one of RUNNING, STOPPED (did you mean RUNNING?)',
      ],
    ],
    [
      ['preprocess_params:', '  diff_n: 1', '  lag_n: 3'],
      [
        '5:3: error: unknown key "preprocess_params.lag_n"; only a preprocess_fn of your own may have others (did you mean lags_n?)',
      ],
    ],
    [
      ['preprocess_params: {freq: 1M}'],
      ['3:27: error: preprocess_params.freq: "1M" is not a positive duration such as 5m, 1h or 1d'],
    ],
    [['model_configs: []'], ['3:16: error: model_configs: expected at least 1 items']],
    [['model_configs:', '  - model_tag: x'], ['4:5: error: "model_configs[0].model_name" is missing']],
    [
      ['model_configs:', '  - model_name: KNN', '    model_parms: {}'],
      ['5:5: error: unknown key "model_configs[0].model_parms" (did you mean model_params?)'],
    ],
    [
      ['model_configs:', '  - model_name: PCA', '  - model_name: KNNN'],
      [
        '5:17: error: model_name: unknown detector "KNNN"; known: auto, PCA, KNN, IForest (did you mean KNN?)',
      ],
    ],
    [
      ['model_configs:', '  - {model_name: KNN, model_params: {n_neighbours: 3}}'],
      ['4:38: error: model_params of KNN: unknown key "n_neighbours" (did you mean n_neighbors?)'],
    ],
    [
      ['model_configs:', '  - model_name: knn', '    model_params:', '      n_neighbors: many'],
      ['6:20: error: model_params of KNN: n_neighbors: expected a number, got text'],
    ],
    [
      ['ml_algorithm: IsolationForrest'],
      [
        '3:15: error: model_name: unknown detector "IsolationForrest"; known: auto, PCA, KNN, IForest (did you mean IsolationForest?)',
      ],
    ],
    [
      ['tholdalert_thresholds:', '  m: {upper: 1, lowr: 0}'],
      ['4:17: error: unknown key "tholdalert_thresholds.m.lowr" (did you mean lower?)'],
    ],
    [
      ['tholdalert_thresholds: {m: {upper: 1, lower: 2}}'],
      ['3:28: error: tholdalert_thresholds: lower is above upper for "m"'],
    ],
    [
      ['metric_tags: {m: {a: [1]}}'],
      [
        '3:22: error: metric_tags.m.a: expected text, or expected a number, or expected true or false, got a list',
      ],
    ],
    [
      ['db: postgress'],
      [
        '3:5: error: db: unknown database or connection "postgress"; known: duckdb, postgres, sqlite (did you mean postgres?)',
      ],
    ],
    [
      ['db: postgres'],
      ['3:5: error: db: database or connection "postgres" cannot be used: set url (ANOMSTACK_POSTGRES_URL)'],
    ],
    [
      ['model_path: ./models'],
      ['3:13: error: model_path: expected a storage and a location, such as local://./models'],
    ],
    [['model_path: gs://bucket'], ['3:13: error: model_path: unknown storage "gs"; known: local, s3']],
    [
      ['model_path: s3://bucket'],
      ['3:13: error: model_path: storage "s3" cannot be used: set region (AWS_REGION)'],
    ],
    [
      ['alert_methods: email, slak'],
      [
        '3:16: error: alert_methods: unknown channel "slak"; known: console, email, slack (did you mean slack?)',
      ],
    ],
    [
      ['time_zone: Europe/Berln'],
      ['3:12: error: time_zone: "Europe/Berln" is not an IANA time zone (did you mean Europe/Berlin?)'],
    ],
    [
      ['ingest_cron_schedule: "61 * * * *"'],
      [
        '3:23: error: ingest_cron_schedule: "61 * * * *" is not a cron expression: Invalid value for minute: 61',
      ],
    ],
    [['schedule: "0 0 30 2 *"'], ['3:11: error: pipeline_cron_schedule: "0 0 30 2 *" never comes']],
    [
      ['schedule: 2024-01-01T00:00:00'],
      [
        '3:11: error: pipeline_cron_schedule: "2024-01-01T00:00:00" is not a cron expression: expected a cron expression, not a date',
      ],
    ],
    [
      ['query_timeout: 0s'],
      ['3:16: error: query_timeout: "0s" is not a positive duration such as 5m, 1h or 1d'],
    ],
    [['settle: -1m'], ['3:9: error: settle: "-1m" is not a duration such as 5m, 1h or 1d']],
    [['settle: 0s'], []],
    [['ingest_sql: select 2'], ['3:1: error: not valid YAML: Map keys must be unique']],
    [
      ['ingest_fn_language: ruby'],
      ['3:21: error: ingest_fn_language: expected one of javascript, typescript, python'],
    ],
    [['constructor: 1'], [expect.stringContaining('3:1: error: unknown key "constructor"')]],
    [['__proto__: {a: 1}'], [expect.stringContaining('3:1: error: unknown key "__proto__"')]],
    [['"ключ 🔑": 1'], [expect.stringContaining('3:1: error: unknown key "ключ 🔑"')]],
  ])('%j', async (lines, expected) => {
    expect(await faultsOf(...lines)).toEqual(expected)
  })

  it('all faults of all files come at once, each once, in order', async () => {
    const project = await load({
      'anomstack.yaml': 'conections: {}\nserver: {prt: 1}\n',
      'metrics/defaults/defaults.yaml': 'alert_max_n: many\nunknown_thing: 1\n',
      'metrics/b.yaml': 'metric_batch: b\ningest_sql: select 1\ndb: nope\nalert_smooth_n: -1\n',
      'metrics/a.yaml': 'metric_batch: a\nmetrics: [x]\n',
    })
    expect(project.batches.size).toBe(0)
    expect(project.faults.map(({ file, line, column, batch }) => [file, line, column, batch])).toEqual([
      ['anomstack.yaml', 1, 1, undefined],
      ['anomstack.yaml', 2, 10, undefined],
      ['metrics/a.yaml', 2, 11, 'a'],
      ['metrics/b.yaml', 3, 5, 'b'],
      ['metrics/b.yaml', 4, 17, 'b'],
      ['metrics/defaults/defaults.yaml', 1, 14, undefined],
      ['metrics/defaults/defaults.yaml', 2, 1, undefined],
    ])
  })

  it('a fault of the environment names the variable', async () => {
    const project = await load(
      { 'metrics/sales.yaml': batchText() },
      {
        ANOMSTACK__SALES__ALERT_THRESHOLD: 'high',
        ANOMSTACK__SALES__ALRT_MAX_N: '3',
        ANOMSTACK__SALSE__DB: 'x',
      },
    )
    expect(faultLines(project)).toEqual([
      'ANOMSTACK__SALES__ALERT_THRESHOLD: error: alert_threshold: expected a number, got text',
      'ANOMSTACK__SALES__ALRT_MAX_N: error: unknown key "alrt_max_n"; a variable of your own must be used by a template of the batch, start with x_, or stand under params (did you mean alert_max_n?)',
      'ANOMSTACK__SALSE__DB: warning: no batch has this name (did you mean ANOMSTACK__SALES__…?)',
    ])
  })
})
