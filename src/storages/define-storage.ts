import { resolve } from 'node:path'
import { z } from 'zod'
import { encryptedStorage } from './encryption/encrypted-storage.ts'
import { KEY_FORM, parseEncryptionKeys, readEncryptionKeys } from './encryption/encryption-keys.ts'
import type { StorageDefinition } from './storage.ts'

const keyText = z
  .string()
  .min(1)
  .refine((text) => parseEncryptionKeys(text) !== undefined, KEY_FORM)

const encryption = z.strictObject({
  encryption_key: z
    .union([keyText, z.array(keyText).min(1)])
    .optional()
    .meta({
      description:
        'Encrypts with AES-256-GCM: 32 bytes in base64 or hexadecimal. Of several, separated by commas or as a list, the first encrypts and all decrypt.',
      secret: true,
    }),
  encryption_key_file: z.string().min(1).optional().meta({
    description: 'A file with such keys, one a line, the newest first; relative to the project.',
  }),
  encryption_allow_plain: z.boolean().default(false).meta({
    description:
      'Also reads what is not encrypted, while a storage changes over. Who may write there could then put models of their own in place of yours.',
  }),
})

/** A storage whose users may have its objects encrypted: the options for that are the same in all of them. */
export function defineStorage<Options extends z.ZodObject>(
  definition: StorageDefinition<Options>,
): StorageDefinition {
  return {
    ...definition,
    options: definition.options.safeExtend(encryption.shape),
    environment: {
      ...definition.environment,
      encryption_key: 'ANOMSTACK_MODEL_KEY',
      encryption_key_file: 'ANOMSTACK_MODEL_KEY_FILE',
    },
    create(location, options, environment) {
      const { encryption_key, encryption_key_file, encryption_allow_plain, ...own } = options as z.output<
        typeof encryption
      >
      const given = parseEncryptionKeys(encryption_key ?? []) ?? []
      const read = async () => {
        if (encryption_key_file === undefined) return given
        return [...given, ...(await readEncryptionKeys(resolve(environment.projectDir, encryption_key_file)))]
      }
      let keys: ReturnType<typeof read> | undefined
      const storage = definition.create(location, own as z.output<Options>, environment)
      return encryptedStorage(storage, {
        allowPlain: encryption_allow_plain,
        keys() {
          keys ??= read().catch((error: unknown) => {
            keys = undefined
            throw error
          })
          return keys
        },
      })
    },
  }
}
