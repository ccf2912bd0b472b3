import { z } from 'zod'
import type { PluginCatalog } from '../core/plugin.ts'
import { PYOD_CLASS } from '../core/pyod-class.ts'
import { batchFile } from './batch-keys.ts'
import type { DetectorCatalog } from './detector-rules.ts'

type Schema = Record<string, unknown>

/** Plug-ins that a batch names. */
export interface SchemaCatalogs {
  readonly databases: PluginCatalog
  readonly detectors: DetectorCatalog
}

function plainSchema(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}

function modelConfigs(base: Schema, { detectors }: SchemaCatalogs): Schema {
  const all = [...detectors.values()]
  const aliases = all.flatMap((detector) => detector.aliases ?? [])
  const items = base.items as Schema
  const properties = items.properties as Record<string, Schema>
  const { type, items: _, ...rest } = base
  const name = {
    anyOf: [
      { enum: [...new Set([...all.map(({ name }) => name), ...aliases])] },
      { type: 'string', pattern: PYOD_CLASS.source },
    ],
  }
  const list = {
    type,
    items: {
      ...items,
      properties: {
        ...properties,
        model_name: {
          ...properties.model_name,
          ...name,
          examples: aliases,
        },
      },
      allOf: all.map(({ name, summary, aliases: others = [], options }) => ({
        if: { properties: { model_name: { enum: [name, ...others] } }, required: ['model_name'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { properties: { model_params: { ...plainSchema(options), description: summary } } },
      })),
    },
  }
  return { ...rest, anyOf: [list, { type: 'string', ...name }] }
}

/** JSON Schema (draft 2020-12) of a batch file, for editors. Keys that it does not know are allowed, since templates may use them as variables. */
export function batchJsonSchema(catalogs: SchemaCatalogs): Schema {
  const { properties, $schema, ...schema } = z.toJSONSchema(batchFile, { io: 'input' })
  const known = properties as Record<string, Schema>
  return {
    $schema,
    title: 'Anomstack batch',
    description: 'What to query, when, and how to judge it.',
    ...schema,
    additionalProperties: true,
    properties: {
      ...known,
      db: { ...known.db, examples: [...catalogs.databases.keys()] },
      ml_algorithm: {
        ...known.ml_algorithm,
        examples: [...catalogs.detectors.values()].map(({ name }) => name),
      },
      model_configs: modelConfigs(known.model_configs ?? {}, catalogs),
    },
  }
}
