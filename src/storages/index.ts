import { AnomstackError } from '../core/errors.ts'
import type { PluginCatalog } from '../core/plugin.ts'
import { azure } from './azure.ts'
import { gcs } from './gcs.ts'
import { local } from './local.ts'
import { s3 } from './s3.ts'
import type { Storage, StorageDefinition } from './storage.ts'

const definitions: readonly StorageDefinition[] = [local, s3, gcs, azure]

/** Every storage, by name. */
export const storages: PluginCatalog<StorageDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition]),
)

/** The storage that a model path such as `local://./models` names. Throws `CONFIG_INVALID` for an unknown kind or wrong options. */
export function openStorage(
  modelPath: string,
  environment: { readonly projectDir: string },
  options: Readonly<Record<string, unknown>> = {},
): Storage {
  const [, name = '', location = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/s.exec(modelPath) ?? []
  const definition = storages.get(name)
  if (!definition) {
    const known = [...storages.keys()].map((each) => `${each}://`).join(', ')
    throw new AnomstackError(
      'CONFIG_INVALID',
      `model_path "${modelPath}" does not begin with a known storage: ${known}`,
    )
  }
  const parsed = definition.options.safeParse(options)
  if (!parsed.success) {
    const problem = parsed.error.issues.map((issue) => issue.message).join('; ')
    throw new AnomstackError('CONFIG_INVALID', `options of the storage "${name}": ${problem}`)
  }
  return definition.create(location, parsed.data, environment)
}
