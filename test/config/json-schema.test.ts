import { describe, expect, it } from 'vitest'
import { BATCH_KEYS } from '../../src/config/batch-keys.ts'
import { readDetectionSettings } from '../../src/config/detection-settings.ts'
import { batchJsonSchema } from '../../src/config/json-schema.ts'
import { catalogs } from './project-folder.ts'

type Schema = Record<string, unknown>

describe('the JSON Schema of a batch', () => {
  const schema = batchJsonSchema(catalogs)
  const properties = schema.properties as Record<string, Schema>

  it('is plain JSON of the 2020-12 draft', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  })

  it('describes every key, the short form too', () => {
    expect(Object.keys(properties).sort()).toEqual([...BATCH_KEYS].sort())
    for (const [key, property] of Object.entries(properties))
      expect([key, typeof property.description]).toEqual([key, 'string'])
  })

  it('gives defaults and asks only for the name', () => {
    expect(properties.alert_threshold).toMatchObject({
      anyOf: [{ type: 'number', minimum: 0, maximum: 1 }, { type: 'null' }],
      default: null,
    })
    expect(schema.required).toEqual(['metric_batch'])
    expect(properties.db).toMatchObject({ default: 'duckdb', examples: ['duckdb', 'sqlite', 'postgres'] })
  })

  it('knows detectors, their aliases and parameters', () => {
    const [list, name] = (properties.model_configs as { anyOf: readonly Schema[] }).anyOf
    expect(name).toMatchObject({ type: 'string' })
    const items = list?.items as {
      properties: Record<string, Schema>
      allOf: Schema[]
    }
    expect(items.properties.model_name).toMatchObject({
      anyOf: [
        { enum: ['auto', 'PCA', 'KNN', 'IForest', 'IsolationForest'] },
        { pattern: expect.stringContaining('pyod') },
      ],
      examples: ['IsolationForest'],
    })
    expect(items.allOf).toContainEqual(
      expect.objectContaining({
        if: {
          properties: { model_name: { enum: ['IForest', 'IsolationForest'] } },
          required: ['model_name'],
        },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: {
          properties: {
            model_params: expect.objectContaining({
              properties: expect.objectContaining({ n_estimators: expect.anything() }),
            }),
          },
        },
      }),
    )
  })
})

describe('readDetectionSettings', () => {
  const read = (text: string) => readDetectionSettings(text, 'detect.yaml', catalogs.detectors)

  it('takes settings alone, or a batch file whose database and channels are not here', () => {
    expect(read('alert_threshold: 0.9\nml_algorithm: knn\n')).toMatchObject({
      alert_threshold: 0.9,
      model_configs: [{ model_name: 'KNN' }],
    })
    expect(
      read('metric_batch: a\ningest_sql: "{{ own }}"\nown: 1\ndb: warehouse\nalert_methods: pager\n').db,
    ).toBe('warehouse')
  })

  it('tells every fault', () => {
    expect(() => read('alert_treshold: 0.9\nalert_max_n: x\nmodel_configs: [{model_name: KNNN}]\n')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          /detect\.yaml:1:1: .*\ndetect\.yaml:2:14: .*\ndetect\.yaml:3:30: .*did you mean KNN/,
        ),
      }),
    )
    expect(() => read('[')).toThrow('not valid YAML')
  })
})
