import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { loadProject } from '../../src/config/load-project.ts'
import { addFiles, catalogs, faultLines, projectFolder } from './project-folder.ts'

/** Weakest first, and how each layer writes keys. */
const LAYERS = ['defaults', 'project', 'batch', 'environment'] as const
type LayerName = (typeof LAYERS)[number]

/** Any name but the one that no map can have. */
const name = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__')

const VALUES = {
  alert_max_n: fc.integer({ min: 1, max: 10_000 }),
  alert_threshold: fc.double({ min: 0, max: 1, noNaN: true }),
  disable_train: fc.boolean(),
  alert_always: fc.boolean(),
  llmalert_model: fc.constantFrom(
    'gpt-5-mini',
    'null',
    'true',
    '12',
    'a: b',
    '# no comment',
    "it's",
    '[x',
    ' spaced ',
    'two\nlines',
    '{% x %}',
  ),
  alert_exclude_metrics: fc.array(fc.string(), { maxLength: 3 }),
  preprocess_params: fc.record({ diff_n: fc.nat(5), lags_n: fc.nat(5) }, { requiredKeys: [] }),
  metric_tags: fc.dictionary(name, fc.dictionary(name, fc.integer(), { maxKeys: 2 }), { maxKeys: 2 }),
}

const layer = fc.record(VALUES, { requiredKeys: [] })
type Values = Partial<Record<keyof typeof VALUES, unknown>>

const layers: fc.Arbitrary<Record<LayerName, Values>> = fc.record({
  defaults: layer,
  project: layer,
  batch: layer,
  environment: layer,
})

/** Flow style, so that a list or map fits into a variable; text as it is where it can stand alone. */
function variables(values: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `ANOMSTACK__SALES__${key.toUpperCase()}`,
      JSON.stringify(value),
    ]),
  )
}

describe('merging', () => {
  it('a key __proto__ is a fault, not dropped without a word', async () => {
    const dir = projectFolder({
      'metrics/sales.yaml':
        'metric_batch: sales\ningest_sql: x\nmetric_tags:\n  orders:\n    __proto__: 1\ntholdalert_thresholds: {__proto__: {upper: 1}}\n',
    })
    const project = await loadProject(dir, catalogs, {})
    expect(project.batches.size).toBe(0)
    expect(faultLines(project)).toEqual([
      expect.stringContaining('metrics/sales.yaml:5:5: error: metric_tags.orders.__proto__'),
      expect.stringContaining('metrics/sales.yaml:6:25: error: tholdalert_thresholds.__proto__'),
    ])
  })

  it('of each key, the strongest layer that has it wins, whole; without any, the built-in default holds', async () => {
    const dir = projectFolder({ 'metrics/sales.yaml': 'metric_batch: sales\ningest_sql: x\n' })
    const builtIn = (await loadProject(dir, catalogs, {})).batches.get('sales')?.settings
    await fc.assert(
      fc.asyncProperty(layers, async (written) => {
        addFiles(dir, {
          'metrics/defaults/defaults.yaml': stringify({ ...written.defaults, x_defaults: 1 }),
          'anomstack.yaml': stringify({ defaults: { ...written.project, x_project: 1 } }),
          'metrics/sales.yaml': stringify({ ...written.batch, metric_batch: 'sales', ingest_sql: 'x' }),
        })
        const project = await loadProject(dir, catalogs, variables(written.environment))
        expect(faultLines(project)).toEqual([])
        const settings: Readonly<Record<string, unknown>> = project.batches.get('sales')?.settings ?? {}
        for (const key of Object.keys(VALUES) as (keyof typeof VALUES)[]) {
          const winner = LAYERS.findLast((name) => Object.hasOwn(written[name], key))
          const expected = winner === undefined ? builtIn?.[key] : written[winner][key]
          // A map of parameters is filled up from the built-in defaults, never from a weaker layer.
          if (key === 'preprocess_params')
            expect(settings[key]).toEqual({ ...builtIn?.preprocess_params, ...(expected as object) })
          else expect(settings[key]).toEqual(expected)
        }
      }),
      { numRuns: 150 },
    )
  })
})
