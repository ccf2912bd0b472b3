import { catalogs } from '../catalogs.ts'
import { BATCH_KEYS } from '../config/batch-keys.ts'
import { overrideName } from '../config/environment.ts'
import { nearest } from '../config/faults.ts'
import { loadProject } from '../config/load-project.ts'
import { processEnvironment } from '../config/process-environment.ts'
import type { Batch, Fault, Project } from '../config/project.ts'
import { AnomstackError } from '../core/errors.ts'
import { printable } from './paint.ts'

/**
 * The batch as it would be with other values of some keys (`key=value`, the value in YAML), by all the rules of a batch file: they are what an environment variable that
 * overrides the key would be. Throws `INPUT_INVALID` that lists every fault.
 */
export async function changedBatch(project: Project, name: string, texts: readonly string[]): Promise<Batch> {
  const values = texts.map(keyAndValue)
  const twice = values.find(([key], index) => values.findIndex(([other]) => other === key) !== index)
  if (twice !== undefined) throw invalid(`${twice[0]} is given twice`)
  const overrides = new Map(values.map(([key, value]) => [overrideName(name, key), { key, value }]))
  const variables = Array.from(overrides, ([variable, { value }]) => [variable, value] as const)
  const { batches, faults } = await loadProject(project.dir, catalogs, {
    ...processEnvironment(),
    ...Object.fromEntries(variables),
  })
  const known = new Set(project.faults.map((fault) => JSON.stringify(fault)))
  const ofKeys = faults.filter(
    (fault) =>
      fault.severity === 'error' &&
      (overrides.has(fault.file) || (fault.batch === name && !known.has(JSON.stringify(fault)))),
  )
  if (ofKeys.length > 0) throw invalid([...new Set(ofKeys.map(described))].join('\n--set: '))
  const batch = batches.get(name)
  if (batch === undefined) throw invalid('with these values the batch is disabled')
  return batch
}

function keyAndValue(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=')
  const key = text.slice(0, Math.max(0, at)).trim()
  const value = text.slice(at + 1).trim()
  if (at < 1 || key === '')
    throw invalid(
      `"${shown(text)}" is not a key and a value; write key=value, in quotes where the value has spaces`,
    )
  if (!BATCH_KEYS.has(key)) {
    const near = nearest(key, BATCH_KEYS)
    throw invalid(
      `there is no key "${shown(key)}"${near === undefined ? '; `anomstack schema` lists them' : ` (did you mean ${near}?)`}`,
    )
  }
  if (key === 'metric_batch') throw invalid('metric_batch names the batch, and cannot be changed')
  if (value === '') throw invalid(`${key} has no value; write ${key}=null where it is to have none`)
  return [key, value]
}

const shown = (text: string) => printable(text).slice(0, 100)

function described({ message, suggestion }: Fault): string {
  return suggestion === undefined ? message : `${message} (did you mean ${suggestion}?)`
}

function invalid(problem: string): AnomstackError {
  return new AnomstackError('INPUT_INVALID', `--set: ${problem}`)
}
