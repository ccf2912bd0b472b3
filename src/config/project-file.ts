import { listNames, nearest, type Report } from './faults.ts'
import { type Layer, layerOf } from './layers.ts'
import type { YamlFile } from './yaml-file.ts'

/** The sections of `anomstack.yaml`; empty where they are not written. */
export interface ProjectFile {
  readonly connections: Layer
  readonly channels: Layer
  readonly storages: Layer
  readonly server: Layer
  readonly defaults: Layer
  readonly calendars: Layer
}

const SECTIONS = ['connections', 'channels', 'storages', 'server', 'defaults', 'calendars'] as const

function checkSections({ values, placeOf }: YamlFile, report: Report): void {
  const known: ReadonlySet<string> = new Set(SECTIONS)
  for (const [key, value] of Object.entries(values)) {
    if (!known.has(key))
      report(placeOf([key], 'key'), {
        message: `unknown key "${key}"; known: ${listNames(SECTIONS)}`,
        suggestion: nearest(key, SECTIONS),
      })
    // A section whose entries are all commented out is nothing.
    else if (value !== null && (typeof value !== 'object' || Array.isArray(value)))
      report(placeOf([key]), { message: `${key}: expected a map` })
  }
}

/** Splits `anomstack.yaml` into its sections. */
export function readProjectFile(file: YamlFile | undefined, report: Report): ProjectFile {
  if (file !== undefined) checkSections(file, report)
  const section = (key: (typeof SECTIONS)[number]): Layer => {
    const value = file?.values[key]
    if (file === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
      return new Map()
    return layerOf({ ...value }, file.placeOf, [key])
  }
  return {
    connections: section('connections'),
    channels: section('channels'),
    storages: section('storages'),
    server: section('server'),
    defaults: section('defaults'),
    calendars: section('calendars'),
  }
}
