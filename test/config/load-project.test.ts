import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { batchSettings } from '../../src/config/batch-settings.ts'
import { loadProject } from '../../src/config/load-project.ts'
import { AnomstackError } from '../../src/core/errors.ts'
import { batchText, catalogs, faultLines, load, loadBatch, projectFolder } from './project-folder.ts'

describe('a project folder', () => {
  it('needs nothing but a batch file', async () => {
    const project = await load({ 'metrics/sales.yaml': batchText() })
    expect(faultLines(project)).toEqual([])
    const batch = project.batches.get('sales')
    expect(batch?.file).toBe('metrics/sales.yaml')
    expect(batch?.settings).toMatchObject({
      db: 'duckdb',
      alert_threshold: null,
      disable_llmalert: true,
      time_zone: 'UTC',
    })
    expect(batch?.sources).toEqual([{ kind: 'sql', text: 'select 1', file: 'metrics/sales.yaml' }])
  })

  it('may be empty', async () => {
    const project = await load({})
    expect(project.batches.size).toBe(0)
    expect(project.faults).toEqual([])
    expect([...project.connections.keys()]).toEqual(['duckdb', 'sqlite'])
  })

  it('must be there', async () => {
    const failure = await loadProject('/nowhere/at/all', catalogs, {}).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AnomstackError)
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: 'there is no folder /nowhere/at/all' })
  })

  it('holds its batches in metrics, or at its top when there is no such folder', async () => {
    const dir = projectFolder({ 'metrics/sales.yaml': batchText() })
    expect((await loadProject(dir, catalogs, {})).metricsDir).toBe(join(dir, 'metrics'))
    const flat = await loadProject(join(dir, 'metrics'), catalogs, {})
    expect(flat.metricsDir).toBe(flat.dir)
    expect([...flat.batches.keys()]).toEqual(['sales'])
    expect(flat.dataDir).toBe(join(flat.dir, '.anomstack'))
  })

  it('is walked through, .yml files too, apart from hidden folders and node_modules, in the order of paths', async () => {
    const named = (name: string) => batchText().replace('sales', name)
    const project = await load({
      'metrics/z.yaml': named('a'),
      'metrics/deep/er/b.yml': named('b'),
      'metrics/node_modules/x/c.yaml': named('c'),
      'metrics/.hidden/d.yaml': named('d'),
      'metrics/.e.yaml': named('e'),
      'metrics/defaults/extra.yaml': named('f'),
      'metrics/notes.txt': 'no: batch',
      'other/g.yaml': named('g'),
    })
    expect(faultLines(project)).toEqual([])
    expect([...project.batches.keys()]).toEqual(['a', 'b', 'f'])
  })

  it('may hold links to files, as Kubernetes mounts them', async () => {
    const dir = projectFolder({ 'metrics/..data/sales.yaml': batchText() })
    symlinkSync(join(dir, 'metrics/..data/sales.yaml'), join(dir, 'metrics/sales.yaml'))
    symlinkSync(join(dir, 'nothing'), join(dir, 'metrics/dangling.yaml'))
    mkdirSync(join(dir, 'metrics/folder.yaml'))
    const project = await loadProject(dir, catalogs, {})
    expect([...project.batches.keys()]).toEqual(['sales'])
    expect(faultLines(project)).toEqual([
      expect.stringMatching(/^metrics\/dangling\.yaml: error: the file cannot be read: ENOENT/),
    ])
  })

  it('leaves files of other programs alone', async () => {
    const dir = projectFolder({
      'metrics/x/docker-compose.yml': 'services: {web: {image: nginx}}',
      'metrics/x/sales.yaml': batchText(),
    })
    const project = await loadProject(join(dir, 'metrics/x'), catalogs, {})
    expect([...project.batches.keys()]).toEqual(['sales'])
    expect(faultLines(project)).toEqual([
      'docker-compose.yml: warning: not a batch file, since it has no metric_batch; it is left out',
    ])
  })

  it('is frozen, maps too', async () => {
    const project = await load({ 'metrics/sales.yaml': batchText('metric_tags: {m: {team: a}}') })
    const batch = project.batches.get('sales')
    expect(() => (project.batches as Map<string, unknown>).set('x', 1)).toThrow(TypeError)
    expect(() => (project.batches as Map<string, unknown>).clear()).toThrow(TypeError)
    expect(() => Object.assign(batch?.settings.metric_tags.m ?? {}, { team: 'b' })).toThrow(TypeError)
    expect(() => Object.assign(batch?.variables ?? {}, { x: 1 })).toThrow(TypeError)
    expect(() => Object.assign(project.server, { port: 1 })).toThrow(TypeError)
  })
})

describe('layers', () => {
  it('defaults.yaml < anomstack.yaml < batch file < environment', async () => {
    const files = {
      'metrics/defaults/defaults.yaml':
        'alert_max_n: 1\nalert_recent_n: 1\nalert_smooth_n: 1\nalert_snooze_n: 1\n',
      'anomstack.yaml': 'defaults: {alert_recent_n: 2, alert_smooth_n: 2, alert_snooze_n: 2}\n',
      'metrics/sales.yaml': batchText('alert_smooth_n: 3', 'alert_snooze_n: 3'),
    }
    const project = await load(files, { ANOMSTACK__SALES__ALERT_SNOOZE_N: '4' })
    expect(faultLines(project)).toEqual([])
    expect(project.batches.get('sales')?.settings).toMatchObject({
      alert_max_n: 1,
      alert_recent_n: 2,
      alert_smooth_n: 3,
      alert_snooze_n: 4,
    })
  })

  it('are merged key by key, not inside: what a batch leaves out of preprocess_params has the built-in default', async () => {
    const project = await load({
      'metrics/defaults/defaults.yaml': 'preprocess_params: {diff_n: 0, smooth_n: 9, lags_n: 9}\n',
      'metrics/sales.yaml': batchText('preprocess_params: {lags_n: 2}'),
    })
    expect(project.batches.get('sales')?.settings.preprocess_params).toEqual({
      diff_n: 1,
      smooth_n: 3,
      lags_n: 2,
      freq: null,
      freq_agg: 'mean',
    })
  })

  it('the .env file gives way to the real environment', async () => {
    const files = {
      'metrics/sales.yaml': batchText(),
      '.env': 'ANOMSTACK__SALES__ALERT_MAX_N=7\r\nANOMSTACK__SALES__ALERT_SMOOTH_N="8"\n',
    }
    const project = await load(files, { ANOMSTACK__SALES__ALERT_MAX_N: '9' })
    expect(project.batches.get('sales')?.settings).toMatchObject({ alert_max_n: 9, alert_smooth_n: 8 })
  })

  it.each(['gcp_project_id', 'model_path', 'table_key'])(
    'ANOMSTACK_%s beats defaults and, but for table_key, batch files',
    async (key) => {
      const value = (name: string) => (key === 'model_path' ? `local://${name}` : name)
      const environment = { [`ANOMSTACK_${key.toUpperCase()}`]: value('env') }
      const defaults = { 'metrics/defaults/defaults.yaml': `${key}: ${value('defaults')}\n` }
      const inherited = await load({ ...defaults, 'metrics/sales.yaml': batchText() }, environment)
      expect(inherited.batches.get('sales')?.settings).toMatchObject({ [key]: value('env') })
      const own = await load(
        { ...defaults, 'metrics/sales.yaml': batchText(`${key}: ${value('own')}`) },
        environment,
      )
      expect(own.batches.get('sales')?.settings).toMatchObject({
        [key]: value(key === 'table_key' ? 'own' : 'env'),
      })
      const both = await load(
        { 'metrics/sales.yaml': batchText(`${key}: ${value('own')}`) },
        { ...environment, [`ANOMSTACK__SALES__${key.toUpperCase()}`]: value('batch') },
      )
      expect(both.batches.get('sales')?.settings).toMatchObject({ [key]: value('batch') })
    },
  )

  it('ANOMSTACK_IGNORE_EXAMPLES leaves out folders below examples, but no file directly in it', async () => {
    const files = {
      'metrics/examples/top.yaml': batchText().replace('sales', 'top'),
      'metrics/examples/a/a.yaml': batchText().replace('sales', 'a'),
      'metrics/examples2/b.yaml': batchText().replace('sales', 'b'),
      'metrics/sub/examples/c/c.yaml': batchText().replace('sales', 'c'),
    }
    expect([...(await load(files, { ANOMSTACK_IGNORE_EXAMPLES: 'yes' })).batches.keys()]).toEqual([
      'b',
      'c',
      'top',
    ])
    expect([...(await load(files, { ANOMSTACK_IGNORE_EXAMPLES: 'true' })).batches.keys()]).toEqual([
      'a',
      'b',
      'c',
      'top',
    ])
  })

  it('disable_batch leaves a batch out without a word, even an unfinished one', async () => {
    const project = await load({
      'metrics/sales.yaml': 'metric_batch: sales\ndisable_batch: true\nalert_treshold: x\n',
    })
    expect(project.batches.size).toBe(0)
    expect(project.faults).toEqual([])
  })
})

describe('bugs of the original', () => {
  it('1.1: "False" in the environment is false', async () => {
    const batch = await loadBatch(['disable_train: true', 'disable_alerts: true'], {
      ANOMSTACK__SALES__DISABLE_TRAIN: 'False',
      ANOMSTACK__SALES__DISABLE_INGEST: 'false',
      ANOMSTACK__SALES__DISABLE_ALERTS: 'no',
      ANOMSTACK__SALES__ALERT_ALWAYS: 'yes',
    })
    expect(batch.settings).toMatchObject({
      disable_train: false,
      disable_ingest: false,
      disable_alert: false,
      alert_always: true,
    })
  })

  it('1.1: numbers, lists and maps in the environment are no strings', async () => {
    const batch = await loadBatch([], {
      ANOMSTACK__SALES__CHANGE_THRESHOLD: '2.5',
      ANOMSTACK__SALES__LLMALERT_RECENT_N: '7',
      ANOMSTACK__SALES__INGEST_METRIC_ROUNDING: '2',
      ANOMSTACK__SALES__PREPROCESS_PARAMS: '{diff_n: 0, lags_n: 1}',
      ANOMSTACK__SALES__MODEL_CONFIGS: '[{model_name: KNN}]',
      ANOMSTACK__SALES__THOLDALERT_THRESHOLDS: '{"m": {"upper": 5}}',
      ANOMSTACK__SALES__ALERT_EXCLUDE_METRICS: '[a, b]',
    })
    expect(batch.settings).toMatchObject({
      change_threshold: 2.5,
      llmalert_recent_n: 7,
      ingest_metric_rounding: 2,
      preprocess_params: { diff_n: 0, lags_n: 1 },
      model_configs: [{ model_name: 'KNN', model_params: { contamination: 0.1, n_neighbors: 5 } }],
      tholdalert_thresholds: { m: { upper: 5 } },
      alert_exclude_metrics: ['a', 'b'],
    })
  })

  it('1.1: DISABLE_BATCH in the environment removes the batch altogether, and brings it back', async () => {
    const off = await load({ 'metrics/sales.yaml': batchText() }, { ANOMSTACK__SALES__DISABLE_BATCH: 'true' })
    expect(off.batches.size).toBe(0)
    const on = await load(
      { 'metrics/sales.yaml': batchText('disable_batch: true') },
      { ANOMSTACK__SALES__DISABLE_BATCH: 'False' },
    )
    expect([...on.batches.keys()]).toEqual(['sales'])
  })

  it('1.1: a bad file, or one without metric_batch, does not stop the others', async () => {
    const project = await load({
      'metrics/a.yaml': 'metric_batch: [unclosed\n',
      'metrics/b.yaml': 'ingest_sql: select 1\n',
      'metrics/c.yaml': batchText('alert_threshold: high').replace('sales', 'other'),
      'metrics/sales.yaml': batchText(),
    })
    expect([...project.batches.keys()]).toEqual(['sales'])
    expect(faultLines(project)).toEqual([
      'metrics/a.yaml:2:1: error: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      'metrics/b.yaml: error: "metric_batch" is missing',
      'metrics/c.yaml:3:18: error: alert_threshold: expected a number, got text',
    ])
  })

  it('1.1: a typo is not silent', async () => {
    const project = await load({ 'metrics/sales.yaml': batchText('alert_treshold: 0.9') })
    expect(faultLines(project)).toEqual([
      'metrics/sales.yaml:3:1: error: unknown key "alert_treshold"; a variable of your own must be used by a template of the batch, start with x_, or stand under params (did you mean alert_threshold?)',
    ])
    expect(project.batches.size).toBe(0)
  })

  it('1.1: a second batch of the same name does not silently replace the first', async () => {
    const project = await load({
      'metrics/a.yaml': batchText('alert_max_n: 1'),
      'metrics/b.yaml': batchText('alert_max_n: 2'),
    })
    expect(project.batches.get('sales')?.settings.alert_max_n).toBe(1)
    expect(faultLines(project)).toEqual([
      'metrics/b.yaml:1:15: error: the name "sales" is taken by metrics/a.yaml; this file is left out',
    ])
    const off = await load({
      'metrics/a.yaml': batchText('disable_batch: yes'),
      'metrics/b.yaml': batchText(),
    })
    expect(faultLines(off)).toEqual([])
    expect(off.batches.get('sales')?.file).toBe('metrics/b.yaml')
  })

  it('1.1: a missing defaults.yaml is no error', async () => {
    const batch = await loadBatch([])
    for (const [key, value] of Object.entries(batchSettings.parse({})))
      if (key !== 'model_configs') expect(batch.settings).toHaveProperty([key], value)
  })

  it('1.2: disable_alert and disable_alerts both switch alerts off, in any layer', async () => {
    expect((await loadBatch(['disable_alert: true'])).settings.disable_alert).toBe(true)
    expect((await loadBatch(['disable_alerts: true'])).settings.disable_alert).toBe(true)
    expect((await loadBatch(['disable_alert: true', 'disable_alerts: false'])).settings.disable_alert).toBe(
      true,
    )
    expect((await loadBatch(['disable_alert: false', 'disable_alerts: true'])).settings.disable_alert).toBe(
      true,
    )
    const inherited = await load({
      'metrics/defaults/defaults.yaml': 'disable_alert: False\n',
      'metrics/sales.yaml': batchText('disable_alerts: True'),
    })
    expect(inherited.batches.get('sales')?.settings.disable_alert).toBe(true)
  })

  it('1.3: an empty path or password in the environment counts as not set', async () => {
    const project = await load({}, { ANOMSTACK_DUCKDB_PATH: '', ANOMSTACK_POSTGRES_PASSWORD: '' })
    expect(project.connections.get('duckdb')?.options).toEqual({ path: 'tmpdata/anomstack-duckdb.db' })
    expect(project.faults).toEqual([])
  })
})
