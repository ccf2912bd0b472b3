import { resolve } from 'node:path'
import { z } from 'zod'
import { defineDatabase } from './database.ts'
import { lazyDatabase } from './lazy-database.ts'
import { sqliteDialect } from './sqlite/dialect.ts'

export const turso = defineDatabase({
  name: 'turso',
  summary:
    'A Turso database, or another libSQL server, over HTTP; with a local copy to read from, if wanted.',
  dialect: sqliteDialect,
  transpiledTo: 'sqlite',
  options: z.strictObject({
    url: z
      .string()
      .regex(
        /^(libsql|https?):\/\/[^/?#@]+[^?#@]*$/,
        'must be a libsql://, https:// or http:// address without query and user; the token is an option of its own',
      )
      .meta({ description: 'Address of the database, libsql://name-organisation.turso.io.' }),
    auth_token: z.string().min(1).optional().meta({
      description: 'Token of the database or its group; a server of your own may need none.',
      secret: true,
    }),
    replica_path: z.string().min(1).optional().meta({
      description:
        'A file, relative to the project, that holds a copy of the database (an embedded replica). Histories are read from it, after it has been brought up to date; queries and writes go to the server.',
    }),
  }),
  example: { url: 'libsql://metrics-example.turso.io', auth_token: 'token' },
  environment: { url: 'ANOMSTACK_TURSO_DATABASE_URL', auth_token: 'ANOMSTACK_TURSO_AUTH_TOKEN' },
  create: ({ url, auth_token: authToken, replica_path: replica }, { projectDir }) =>
    lazyDatabase('@libsql/client', async () =>
      (await import('./turso/open-turso.ts')).openTurso({
        url,
        ...(authToken === undefined ? {} : { authToken }),
        ...(replica === undefined ? {} : { replicaPath: resolve(projectDir, replica) }),
      }),
    ),
})
