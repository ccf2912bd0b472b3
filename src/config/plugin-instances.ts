import type { PluginCatalog, PluginDefinition } from '../core/plugin.ts'
import { type Variables, variable } from './environment.ts'
import { interpolate, valueFromText } from './environment-values.ts'
import { type Complaint, listNames, nearest, type Place, type Report } from './faults.ts'
import type { Entry, Layer } from './layers.ts'
import type { PluginInstance } from './project.ts'
import { schemaFaults } from './schema-faults.ts'
import { secretsOf } from './secrets.ts'

/** The usable plug-ins of one kind, and why others are not. */
export interface PluginInstances {
  readonly ready: ReadonlyMap<string, PluginInstance>
  /** Kinds that need options which nobody has set -> what to set. */
  readonly unconfigured: ReadonlyMap<string, string>
  /** Names whose options have faults, which are reported -> kind. */
  readonly faulty: ReadonlyMap<string, string>
}

interface Reading {
  /** What such plug-ins are called in messages. */
  readonly noun: string
  readonly catalog: PluginCatalog
  readonly section: Layer
  readonly variables: Variables
  readonly secrets: Set<string>
  readonly report: Report
}

interface Options {
  readonly values: Readonly<Record<string, unknown>>
  /** Place of an option; of the whole when there is no such option. */
  readonly placeOf: (path: readonly PropertyKey[], part: 'key' | 'value') => Place
}

function optionName(definition: PluginDefinition, option: string): string {
  const variableName = definition.environment?.[option]
  return variableName === undefined ? option : `${option} (${variableName})`
}

/** Options of an entry of `anomstack.yaml`, with variables put in. */
function optionsOfEntry(
  definition: PluginDefinition,
  entry: Entry,
  { variables, report }: Reading,
): Options & { readonly complete: boolean } {
  const { kind, type, ...others } = entry.value as Readonly<Record<string, unknown>>
  // `type` names the kind only where `kind` does not.
  const given = kind !== undefined && type !== undefined ? { type, ...others } : others
  const { value, missing } = interpolate(given, variables)
  for (const { path, name } of missing)
    report(entry.placeOf(path), { message: `the environment variable ${name} is not set` })
  const replaced = value as Readonly<Record<string, unknown>>
  const values = Object.fromEntries(
    Object.entries(replaced).map(([key, text]) => [
      key,
      typeof text === 'string' && text !== given[key as keyof typeof given]
        ? valueFromText(definition.options.shape[key], text)
        : text,
    ]),
  )
  return { values, placeOf: (path, part) => entry.placeOf(path, part), complete: missing.length === 0 }
}

/** The environment's options of a kind over those of an entry. */
function withEnvironment(
  definition: PluginDefinition,
  base: Options | undefined,
  variables: Variables,
): Options {
  const names = new Map<PropertyKey, string>()
  const values: Record<string, unknown> = { ...base?.values }
  for (const [option, name] of Object.entries(definition.environment ?? {})) {
    const text = name === undefined ? undefined : variable(variables, name)
    if (name === undefined || text === undefined) continue
    names.set(option, name)
    values[option] = valueFromText(definition.options.shape[option], text)
  }
  const anyName = names.values().next().value
  return {
    values,
    placeOf: (path, part) => {
      const name = path[0] === undefined ? undefined : names.get(path[0])
      if (name !== undefined) return { file: name }
      return base?.placeOf(path, part) ?? { file: anyName ?? definition.name }
    },
  }
}

/** A rule over several options is broken by what is not there: none of the given ones is to blame. */
function lacksSomething({
  missing,
  path,
}: {
  readonly path: readonly PropertyKey[]
  readonly missing: boolean
}): boolean {
  return missing || path.length === 0
}

function describeMissing(
  definition: PluginDefinition,
  faults: readonly (Complaint & { readonly path: readonly PropertyKey[]; readonly missing: boolean })[],
): string {
  const options = faults.flatMap(({ missing, path }) =>
    missing ? [optionName(definition, String(path[0]))] : [],
  )
  if (options.length > 0) return `set ${listNames(options)}`
  const known = Object.values(definition.environment ?? {})
  return `${faults.map(({ message }) => message).join('; ')}${known.length === 0 ? '' : ` (environment: ${listNames(known.map(String))})`}`
}

/** Reads one section of `anomstack.yaml` together with the environment: its named plug-ins, and for every known kind one under the kind's own name. */
export function readPluginInstances(reading: Reading): PluginInstances {
  const { noun, catalog, section, variables, secrets, report } = reading
  const ready = new Map<string, PluginInstance>()
  const unconfigured = new Map<string, string>()
  const faulty = new Map<string, string>()

  function add(name: string, definition: PluginDefinition, options: Options, fromFile: boolean): void {
    for (const secret of secretsOf(definition.options, options.values)) secrets.add(secret)
    const faults = schemaFaults(definition.options, options.values)
    if (faults.length === 0) {
      ready.set(name, { kind: definition.name, options: definition.options.parse(options.values) })
      return
    }
    const incomplete = faults.every(lacksSomething)
    if (!fromFile && (incomplete || Object.keys(options.values).length === 0))
      unconfigured.set(name, describeMissing(definition, faults))
    else faulty.set(name, definition.name)
    // The kind is there to be used, but nobody has asked for it.
    if (!fromFile && Object.keys(options.values).length === 0) return
    for (const fault of faults) {
      const option = String(fault.path[0] ?? '')
      const message = fault.missing
        ? `${noun} "${name}" is not complete: ${optionName(definition, option)} is missing`
        : `${noun} "${name}": ${fault.message}`
      report(options.placeOf(fault.path, fault.part), {
        ...fault,
        message,
        ...(fromFile || !lacksSomething(fault) ? {} : { severity: 'warning' }),
      })
    }
  }

  for (const [name, entry] of section) {
    const { value } = entry
    const refuse = (complaint: Complaint, path: readonly string[] = [], part: 'key' | 'value' = 'value') => {
      faulty.set(name, name)
      report(entry.placeOf(path, part), { ...complaint, message: `${noun} "${name}": ${complaint.message}` })
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse({ message: 'expected a map of options' }, [], 'key')
      continue
    }
    const key = 'kind' in value ? 'kind' : 'type' in value && !catalog.has(name) ? 'type' : undefined
    const kind: unknown = key === undefined ? name : Reflect.get(value, key)
    const definition = typeof kind === 'string' ? catalog.get(kind) : undefined
    if (definition === undefined)
      refuse(
        {
          message: `${key === undefined ? 'a kind is missing' : 'unknown kind'}; known: ${listNames(catalog.keys())}`,
          suggestion: typeof kind === 'string' ? nearest(kind, catalog.keys()) : undefined,
        },
        key === undefined ? [] : [key],
        key === undefined ? 'key' : 'value',
      )
    else if (catalog.has(name) && definition.name !== name)
      refuse(
        {
          message: `the name is that of another kind, but its kind is ${definition.name}; call it something else`,
        },
        [],
        'key',
      )
    else {
      const options = optionsOfEntry(definition, entry, reading)
      if (!options.complete) faulty.set(name, definition.name)
      else
        add(
          name,
          definition,
          name === definition.name ? withEnvironment(definition, options, variables) : options,
          true,
        )
    }
  }
  for (const [name, definition] of catalog)
    if (!ready.has(name) && !faulty.has(name))
      add(name, definition, withEnvironment(definition, undefined, variables), false)
  return { ready, unconfigured, faulty }
}
