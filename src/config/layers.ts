import type { PlaceOf, YamlFile } from './yaml-file.ts'

/** The value of a key, and where its parts stand. */
export interface Entry {
  readonly value: unknown
  readonly placeOf: PlaceOf
}

/** Keys of a batch that come from one place: a file, or the environment. */
export type Layer = ReadonlyMap<string, Entry>

/** The keys of a file's map, or of a map inside it. */
export function layerOf(
  values: Readonly<Record<string, unknown>>,
  placeOf: YamlFile['placeOf'],
  under: readonly string[] = [],
): Layer {
  return new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      { value, placeOf: (path, part) => placeOf([...under, key, ...path], part) },
    ]),
  )
}

/** A value that the variable `name` sets. */
export function environmentEntry(name: string, value: unknown): Entry {
  return { value, placeOf: () => ({ file: name }) }
}

/** Key by key, the last layer that has a key wins; values are not merged. */
export function mergeLayers(...layers: readonly Layer[]): Layer {
  return new Map(layers.flatMap((layer) => [...layer]))
}

/** The bare values of a layer, of some keys only where `keys` is given. */
export function valuesOf(layer: Layer, keys?: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    [...layer].filter(([key]) => keys?.has(key) ?? true).map(([key, { value }]) => [key, value]),
  )
}
