import { z } from 'zod'

const text = z.string().min(1).optional()

/** Ways of logging in that need nobody at a browser. */
const AUTHENTICATORS = [
  'SNOWFLAKE',
  'SNOWFLAKE_JWT',
  'OAUTH',
  'PROGRAMMATIC_ACCESS_TOKEN',
  'WORKLOAD_IDENTITY',
] as const

/** How to reach Snowflake. */
export const snowflakeOptions = z.strictObject({
  account: text.meta({
    description: 'The account identifier, such as myorg-myaccount; needed unless `access_url` is given.',
  }),
  user: text.meta({ description: 'Whom to log in as.' }),
  password: text.meta({ description: "The user's password.", secret: true }),
  private_key: text.meta({
    description: 'The private key of key-pair authentication, as the text of its PEM file.',
    secret: true,
  }),
  private_key_path: text.meta({
    description:
      'The PEM file of the private key, relative to the project; `private_key` wins where both are given.',
  }),
  private_key_passphrase: text.meta({ description: 'Opens an encrypted private key.', secret: true }),
  token: text.meta({
    description: 'A programmatic access token, or an OAuth token with `authenticator: OAUTH`.',
    secret: true,
  }),
  authenticator: z.enum(AUTHENTICATORS).optional().meta({
    description:
      'How to log in; by default SNOWFLAKE_JWT with a private key, PROGRAMMATIC_ACCESS_TOKEN with a token, SNOWFLAKE (the password) otherwise.',
  }),
  workload_identity_provider: z.enum(['AWS', 'AZURE', 'GCP']).optional().meta({
    description: 'The cloud whose identity of this machine counts, with `authenticator: WORKLOAD_IDENTITY`.',
  }),
  warehouse: text.meta({ description: "The warehouse that runs statements; the user's own when not given." }),
  database: text.meta({ description: 'The database of tables that are named without one.' }),
  schema: text.meta({
    description: 'The schema of tables that are named without one; PUBLIC when not given.',
  }),
  role: text.meta({ description: "The role to work as; the user's own when not given." }),
  access_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Another address of the account: a private link, a proxy, or an emulator (http://…).',
    }),
})

export type SnowflakeOptions = z.output<typeof snowflakeOptions>
