import { z } from 'zod'

/** How to reach a MySQL or MariaDB server. */
export const mysqlOptions = z.strictObject({
  url: z
    .string()
    .regex(/^(mysql|mariadb):\/\//, 'must start with mysql:// or mariadb://')
    .optional()
    .meta({
      description: 'mysql://user:password@host:port/database; the other options add what it leaves out.',
      secret: true,
    }),
  host: z.string().min(1).optional().meta({
    description: 'Name or address of the server, or the path of its socket; localhost when not given.',
  }),
  port: z.number().int().min(1).max(65535).optional().meta({ description: '3306 when not given.' }),
  user: z.string().min(1).optional().meta({ description: 'Whom to log in as.' }),
  password: z.string().optional().meta({ description: "The user's password.", secret: true }),
  database: z.string().min(1).optional().meta({
    description: 'The database of tables that are named without one.',
  }),
  ssl: z
    .union([z.boolean(), z.enum(['disable', 'require', 'verify-full'])])
    .optional()
    .meta({
      description:
        '`require` encrypts, `verify-full` (or true) also checks the certificate, `disable` (or false) does neither; not encrypted when not given.',
    }),
})

export type MysqlOptions = z.output<typeof mysqlOptions>
