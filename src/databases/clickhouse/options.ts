import { z } from 'zod'

/** How to reach a ClickHouse server. */
export const clickhouseOptions = z.strictObject({
  url: z
    .string()
    .regex(/^https?:\/\//, 'must start with http:// or https://')
    .optional()
    .meta({
      description: 'https://user:password@host:port/database; the other options add what it leaves out.',
      secret: true,
    }),
  host: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Name or address of the server; localhost when not given.' }),
  port: z.number().int().min(1).max(65535).optional().meta({
    description: 'Port of its HTTP interface; 8123 when not given, or 8443 with `ssl`.',
  }),
  user: z.string().min(1).optional().meta({ description: 'Whom to log in as; anomstack when not given.' }),
  password: z.string().optional().meta({
    description: "The user's password; when neither is given, that of the user anomstack is anomstack.",
    secret: true,
  }),
  database: z.string().min(1).optional().meta({
    description: 'The database that tables without one are in; default when not given.',
  }),
  ssl: z.boolean().optional().meta({
    description: 'Whether to use HTTPS, with the certificate checked, when there is no `url`.',
  }),
})

export type ClickhouseOptions = z.output<typeof clickhouseOptions>
