import type { PluginCatalog, PluginDefinition } from '../core/plugin.ts'
import { isPyodClass } from '../core/pyod-class.ts'
import type { BatchSettings } from './batch-settings.ts'
import { type Complaint, listNames, nearest } from './faults.ts'
import type { Note } from './note.ts'
import { schemaFaults } from './schema-faults.ts'
import { isStockTemplate } from './stock-templates.ts'

/** A detector may be named by an alias, in any case. Those of the family `online` learn point by point. */
export type DetectorCatalog = PluginCatalog<
  PluginDefinition & { readonly aliases?: readonly string[]; readonly family?: string }
>

/** The detector that a name of a batch means. */
export function findDetector<Definition extends PluginDefinition & { readonly aliases?: readonly string[] }>(
  detectors: PluginCatalog<Definition>,
  name: string,
): Definition | undefined {
  const wanted = name.trim().toLowerCase()
  const all = [...detectors.values()]
  return (
    all.find((detector) => detector.name.toLowerCase() === wanted) ??
    all.find((detector) => detector.aliases?.some((alias) => alias.toLowerCase() === wanted))
  )
}

/** That there is no detector of this name. */
export function unknownDetector(name: string, detectors: DetectorCatalog): Complaint {
  const all = [...detectors.values()]
  const names = all.map((detector) => detector.name)
  return {
    message: `model_name: unknown detector "${name}"; known: ${listNames(names)}`,
    suggestion: nearest(name, [...names, ...all.flatMap(({ aliases }) => aliases ?? [])]),
  }
}

/** Families that learn from each point. */
const LEARNING: ReadonlySet<string> = new Set(['online', 'timed'])

/** Notes detectors that cannot learn point by point where they are to. */
export function checkUpdate(
  { update, model_configs }: BatchSettings,
  detectors: DetectorCatalog,
  note: Note,
): void {
  if (update !== 'online') return
  // A detector that is not known has a fault of its own.
  const fixed = model_configs.flatMap(({ model_name: name }) => {
    const detector = findDetector(detectors, name)
    if (detector === undefined) return isPyodClass(name) ? [name.trim()] : []
    return LEARNING.has(detector.family ?? '') ? [] : [detector.name]
  })
  if (fixed.length === 0) return
  const able = [...detectors.values()].flatMap(({ name, family }) =>
    LEARNING.has(family ?? '') ? [name] : [],
  )
  note(['update'], {
    message: `update: online: ${listNames([...new Set(fixed)])} cannot learn point by point; use only ${listNames(able)}`,
  })
}

/** Notes detectors and values of parameters that a search cannot try, and what it cannot be used with. */
export function checkModelSearch(
  { model_search: search, update, preprocess_fn: code }: BatchSettings,
  detectors: DetectorCatalog,
  note: Note,
): void {
  for (const [index, { model_name: name, model_params: params }] of search.detectors.entries()) {
    const path = ['model_search', 'detectors', index]
    const detector = findDetector(detectors, name)
    if (detector === undefined) {
      if (!isPyodClass(name)) note([...path, 'model_name'], unknownDetector(name, detectors))
      continue
    }
    for (const [key, values] of Object.entries(params))
      for (const value of values)
        for (const fault of schemaFaults(detector.options, { [key]: value }))
          note(
            [...path, 'model_params', key],
            { ...fault, message: `model_params of ${detector.name}: ${fault.message}` },
            fault.part,
          )
  }
  if (search.method === 'none') return
  if (update === 'online')
    note(['model_search', 'method'], {
      message: 'model_search: what learns point by point (update: online) cannot be searched for',
    })
  if (!isStockTemplate('preprocess_fn', code))
    note(['model_search', 'method'], {
      message: 'model_search: a batch with a preprocess_fn of its own has nothing to search among',
    })
}
