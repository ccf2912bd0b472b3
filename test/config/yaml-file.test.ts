import { describe, expect, it } from 'vitest'
import { readYamlValue } from '../../src/config/yaml-file.ts'
import { batchText, faultLines, load } from './project-folder.ts'

const encoder = new TextEncoder()

async function faultsOf(text: string | Uint8Array): Promise<readonly string[]> {
  const project = await load({ 'metrics/sales.yaml': text })
  expect(project.batches.size).toBe(0)
  return faultLines(project).map((line) => line.replace('metrics/sales.yaml', ''))
}

describe('a YAML file that is no map of keys', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['empty', '', ': warning: the file is empty'],
    ['only comments', '# nothing\n---\n', ': warning: the file is empty'],
    ['null', 'null\n', ': warning: the file is empty'],
    ['a list', '- a\n', ':1:1: error: the top level of the file is not a map of keys and values'],
    ['text', '\n  hello', ':2:3: error: the top level of the file is not a map of keys and values'],
    [
      'not YAML',
      'a: b: c\n',
      ':1:4: error: not valid YAML: Nested mappings are not allowed in compact mappings',
    ],
    ['a tab', 'a:\n\tb: 1\n', ':2:1: error: not valid YAML: Tabs are not allowed as indentation'],
    [
      'two documents',
      'metric_batch: a\n---\nmetric_batch: b\n',
      expect.stringContaining('multiple documents'),
    ],
    [
      'a tag',
      'metric_batch: !!python/object:os.system x\n',
      ':1:15: error: not valid YAML: Unresolved tag: tag:yaml.org,2002:python/object:os.system',
    ],
    ['an unknown alias', 'metric_batch: *x\n', expect.stringContaining('Unresolved alias')],
    ['a list as key', '[a, b]: 1\n', expect.stringContaining('not valid YAML')],
    ['not text', new Uint8Array([0xff, 0xfe, 0x00, 0x81]), ': error: the file is not UTF-8 text'],
    [
      'a number as name',
      'metric_batch: 12\ningest_sql: a\n',
      ':1:15: error: metric_batch: expected text, got a number',
    ],
    [
      'an empty name',
      'metric_batch: ""\n',
      expect.stringContaining(':1:15: error: metric_batch: expected at least 1'),
    ],
    [
      'a name of two lines',
      'metric_batch: "a\\nb"\n',
      ':1:15: error: metric_batch: expected a name without line breaks, control characters or spaces around it',
    ],
    [
      'a very long name',
      `metric_batch: ${'x'.repeat(300)}\n`,
      ':1:15: error: metric_batch: expected at most 200 characters',
    ],
  ])('%s', async (_, text, expected) => {
    expect((await faultsOf(text))[0]).toEqual(expected)
  })

  it('a bomb of aliases is defused', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    )
    const text = ['metric_batch: sales', 'ingest_sql: a', 'l0: &l0 lol', ...levels, ''].join('\n')
    expect((await faultsOf(text))[0]).toContain('Excessive alias count')
  })
})

describe('a YAML file as editors and Python write it', () => {
  it('may have a byte-order mark and Windows line ends', async () => {
    const text = `\uFEFF${batchText('alert_threshold: 0.9', 'alert_max_n: x')}`.replaceAll('\n', '\r\n')
    const project = await load({ 'metrics/sales.yaml': encoder.encode(text) })
    expect(faultLines(project)).toEqual([
      'metrics/sales.yaml:4:14: error: alert_max_n: expected a number, got text',
    ])
  })

  it('may use anchors and merge keys, and faults are placed where the value is written', async () => {
    const text = batchText(
      'x_base: &base {diff_n: 0, smooth_n: 2}',
      'preprocess_params:',
      '  <<: *base',
      '  lags_n: 4',
      'x_tags: &tags',
      '  m: {team: a}',
      'metric_tags: *tags',
    )
    const project = await load({ 'metrics/sales.yaml': text })
    expect(faultLines(project)).toEqual([])
    expect(project.batches.get('sales')?.settings).toMatchObject({
      preprocess_params: { diff_n: 0, smooth_n: 2, lags_n: 4 },
      metric_tags: { m: { team: 'a' } },
    })
    const faulty = await load({ 'metrics/sales.yaml': text.replace('smooth_n: 2', 'smooth_n: x') })
    expect(faultLines(faulty)).toEqual([
      'metrics/sales.yaml:3:37: error: preprocess_params.smooth_n: expected a number, got text',
    ])
  })

  it('has the booleans of PyYAML: yes, no, on and off, but not y and n', async () => {
    const project = await load({
      'metrics/sales.yaml': batchText(
        'disable_train: yes',
        'disable_score: On',
        'disable_plot: OFF',
        'alert_exclude_metrics: [y, n]',
      ),
    })
    expect(project.batches.get('sales')?.settings).toMatchObject({
      disable_train: true,
      disable_score: true,
      disable_plot: false,
      alert_exclude_metrics: ['y', 'n'],
    })
  })

  it('folds text as YAML says: blank lines around comments keep them apart', async () => {
    const project = await load({
      'metrics/sales.yaml':
        'metric_batch: sales\ningest_sql: >\n  select 1\n  , 2\n\n  -- a comment\n\n  from t\n    where x\n',
    })
    expect(project.batches.get('sales')?.sources[0]?.text).toBe(
      'select 1 , 2\n-- a comment\nfrom t\n  where x\n',
    )
  })

  it('may name batches as it likes', async () => {
    const names = ['ünïcode 📈', "o'clock", 'a/b', '__proto__', 'constructor', 'a.b', '-']
    const project = await load(
      Object.fromEntries(
        names.map((name, index) => [
          `metrics/${index}.yaml`,
          `metric_batch: ${JSON.stringify(name)}\ningest_sql: a\n`,
        ]),
      ),
      { ANOMSTACK____PROTO____ALERT_MAX_N: '5', ANOMSTACK__CONSTRUCTOR__ALERT_MAX_N: '6' },
    )
    expect(faultLines(project)).toEqual([])
    expect([...project.batches.keys()].sort()).toEqual([...names].sort())
    expect(project.batches.get('__proto__')?.settings.alert_max_n).toBe(5)
    expect(project.batches.get('constructor')?.settings.alert_max_n).toBe(6)
  })
})

describe('readYamlValue', () => {
  it.each<[string, unknown]>([
    ['False', false],
    ['yes', true],
    ['12', 12],
    ['0.5', 0.5],
    ['null', null],
    ['"12"', '12'],
    ['[a, 1]', ['a', 1]],
    ['{a: 1}', { a: 1 }],
    ['a: 1', 'a: 1'],
    ['- a', '- a'],
    ['*/5 * * * *', '*/5 * * * *'],
    ['{% include "./x.sql" %}', '{% include "./x.sql" %}'],
    ['select 1 -- one\nfrom t', 'select 1 -- one\nfrom t'],
    ['# comment', '# comment'],
    ['*alias', '*alias'],
    ['!!js/function x', '!!js/function x'],
    ['a # b', 'a # b'],
    [' ', ' '],
  ])('%j', (text, expected) => {
    expect(readYamlValue(text)).toEqual(expected)
  })
})
