import { z } from 'zod'

/** How to reach a PostgreSQL server. */
export const postgresOptions = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional()
    .meta({
      description: 'postgres://user:password@host:port/database; the other options add what it leaves out.',
      secret: true,
    }),
  host: z.string().min(1).optional().meta({
    description: 'Name or address of the server, or the folder of its socket; localhost when not given.',
  }),
  port: z.number().int().min(1).max(65535).optional().meta({ description: '5432 when not given.' }),
  user: z.string().min(1).optional().meta({ description: 'Whom to log in as.' }),
  password: z.string().optional().meta({ description: "The user's password.", secret: true }),
  database: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Name of the database; the user's name when not given." }),
  ssl: z
    .union([z.boolean(), z.enum(['disable', 'require', 'verify-full'])])
    .optional()
    .meta({
      description:
        '`require` encrypts, `verify-full` (or true) also checks the certificate, `disable` (or false) does neither.',
    }),
})

export type PostgresOptions = z.output<typeof postgresOptions>
