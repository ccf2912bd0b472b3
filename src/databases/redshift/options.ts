import { z } from 'zod'

/** How to reach Redshift: over its own port by user and password, or through the Data API by the identity that AWS knows. */
export const redshiftOptions = z
  .strictObject({
    url: z
      .string()
      .regex(/^(redshift|postgres(ql)?):\/\//, 'must start with redshift:// or postgres://')
      .optional()
      .meta({
        description: 'redshift://user:password@host:port/database; the other options add what it leaves out.',
        secret: true,
      }),
    host: z.string().min(1).optional().meta({
      description: 'Endpoint of the cluster or workgroup, without port and database.',
    }),
    port: z.number().int().min(1).max(65535).default(5439).meta({ description: 'Its port.' }),
    user: z.string().min(1).optional().meta({ description: 'Whom to log in as.' }),
    password: z.string().optional().meta({ description: "The user's password.", secret: true }),
    database: z.string().min(1).default('dev').meta({ description: 'Name of the database.' }),
    ssl: z
      .union([z.boolean(), z.enum(['disable', 'require', 'verify-full'])])
      .default('verify-full')
      .meta({
        description:
          '`require` encrypts, `verify-full` (or true) also checks the certificate, `disable` (or false) does neither. Of no concern to the Data API.',
      }),
    cluster_identifier: z.string().min(1).optional().meta({
      description:
        'Name of a provisioned cluster: it is then asked through the Data API, with the AWS identity of this machine.',
    }),
    workgroup_name: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Name of a serverless workgroup, likewise through the Data API.' }),
    db_user: z.string().min(1).optional().meta({
      description:
        'User of a cluster to get temporary credentials for; without it, the one of the AWS identity.',
    }),
    secret_arn: z.string().min(1).optional().meta({
      description: 'Secret of AWS Secrets Manager that holds user and password, for the Data API.',
    }),
    region: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'AWS region of the Data API; that of the environment when not given.' }),
    endpoint: z
      .url()
      .optional()
      .meta({ description: "Address of the Data API where it is not AWS's own, such as a VPC endpoint." }),
  })
  .refine(
    ({ url, host, cluster_identifier: cluster, workgroup_name: workgroup }) =>
      [url ?? host, cluster, workgroup].filter((each) => each !== undefined).length === 1,
    'give one of url, host, cluster_identifier and workgroup_name',
  )

export type RedshiftOptions = z.output<typeof redshiftOptions>
