import { stringify } from 'yaml'
import { z } from 'zod'
import { catalogs } from '../../src/catalogs.ts'
import { type OptionRow, optionRows } from '../../src/core/option-rows.ts'
import type { PluginDefinition } from '../../src/core/plugin.ts'
import { type DetectorDefinition, ignoredOption } from '../../src/detectors/detector.ts'
import { code, table } from './markdown.ts'

const IGNORED = z.globalRegistry.get(ignoredOption)?.description

/** How a project writes a plug-in of some kind down. */
type Example = (plugin: PluginDefinition, options: Readonly<Record<string, unknown>>) => string

const yaml = (value: unknown) => `\`\`\`yaml\n${stringify(value, { lineWidth: 0 })}\`\`\``

const inSection =
  (section: string): Example =>
  ({ name }, options) =>
    yaml({ [section]: { [name]: options } })

const asModel: Example = ({ name }, options) =>
  yaml({ model_configs: [{ model_name: name, model_params: options }] })

/** The path of a batch, and the options where an example has some. */
const asStorage: Example = (plugin, options) => {
  const { name, exampleLocation = '' } = plugin as PluginDefinition & { readonly exampleLocation?: string }
  const path = yaml({ model_path: `${name}://${exampleLocation}` })
  return Object.keys(options).length === 0 ? path : `${path}\n\n${inSection('storages')(plugin, options)}`
}

/** The example of a plug-in with its secrets taken from the environment. */
function exampleOptions(plugin: PluginDefinition, rows: readonly OptionRow[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(plugin.example).map(([name, value]) => {
      const secret = rows.some((row) => row.name === name && row.secret) && typeof value === 'string'
      const variable = plugin.environment?.[name] ?? `${plugin.name}_${name}`.toUpperCase()
      return [name, secret ? `\${${variable}}` : value]
    }),
  )
}

function defaultText(row: OptionRow): string {
  return row.required ? '**required**' : row.default
}

function section(
  plugin: PluginDefinition &
    Partial<Pick<DetectorDefinition, 'aliases' | 'source' | 'complexity' | 'family' | 'explains'>>,
  example: Example,
) {
  const all = optionRows(plugin.options, code)
  const rows = all.filter((row) => row.description !== IGNORED)
  const ignored = all.filter((row) => row.description === IGNORED)
  const variables = Object.keys(plugin.environment ?? {}).length > 0
  const parts = [`## ${plugin.name}`, plugin.summary]
  if (plugin.aliases !== undefined && plugin.aliases.length > 0)
    parts.push(`Also known as ${plugin.aliases.map(code).join(', ')}.`)
  if (plugin.family === 'series') parts.push('It judges windows of the series as it was measured.')
  if (plugin.family === 'online') parts.push('It learns on from every row, with `update: online`.')
  if (plugin.family !== undefined && plugin.family !== 'timed')
    parts.push(`Explains its scores by columns: ${plugin.explains === true ? 'yes' : 'no'}.`)
  if (plugin.complexity !== undefined)
    parts.push(`Time: ${plugin.complexity.fit} to fit, ${plugin.complexity.score} to score a row.`)
  if (plugin.source !== undefined) parts.push(`After ${plugin.source}.`)
  parts.push(
    rows.length === 0
      ? 'It has no options.'
      : table(
          ['option', 'type', 'default', ...(variables ? ['variable'] : []), 'meaning'],
          rows.map((row) => {
            const variable = plugin.environment?.[row.name]
            const meaning = row.secret ? `${row.description} *Secret.*` : row.description
            return [
              code(row.name),
              row.type,
              defaultText(row),
              ...(variables ? [variable === undefined ? '' : code(variable)] : []),
              meaning,
            ]
          }),
        ),
    ...(ignored.length === 0
      ? []
      : [`Accepted, with no effect: ${ignored.map(({ name }) => code(name)).join(', ')}.`]),
    example(plugin, exampleOptions(plugin, rows)),
  )
  return parts.join('\n\n')
}

const pages = {
  channels: inSection('channels'),
  databases: inSection('connections'),
  detectors: asModel,
  storages: asStorage,
} as const satisfies Record<keyof typeof catalogs, Example>

/** One section for each plug-in of a kind: what it does, its options, an example. */
export function pluginSections(kind: keyof typeof catalogs): string {
  return [...catalogs[kind].values()].map((plugin) => section(plugin, pages[kind])).join('\n\n')
}
