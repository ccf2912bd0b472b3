import type { z } from 'zod'

/** What every plug-in (database, detector, channel, storage) says of itself; the validation of a project, the JSON
 * Schema and the docs pages are made from it. Options carry `.meta({ description, secret })`. */
export interface PluginDefinition<Options extends z.ZodObject = z.ZodObject> {
  /** What a batch or a connection names it by; lower case, except for detectors. */
  readonly name: string
  /** One sentence. */
  readonly summary: string
  readonly options: Options
  /** A valid set of options, with no real secret. */
  readonly example: z.input<Options>
  /** Environment variables that set an option of the plug-in's unnamed instance. */
  readonly environment?: { readonly [Key in keyof z.input<Options>]?: string }
}

/** Plug-ins of one kind by name. */
export type PluginCatalog<Definition extends PluginDefinition = PluginDefinition> = ReadonlyMap<
  string,
  Definition
>
