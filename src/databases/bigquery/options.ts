import { z } from 'zod'

const bytes = z.number().int().positive().optional()

/** How to reach BigQuery. */
export const bigqueryOptions = z.strictObject({
  project: z.string().min(1).optional().meta({
    description:
      'The Google Cloud project that pays, and that tables without a project of their own are in; that of the credentials when not given.',
  }),
  dataset: z.string().min(1).optional().meta({
    description: 'The dataset of tables that are named without one; it is created where it is missing.',
  }),
  location: z.string().min(1).optional().meta({
    description: 'Where datasets are created and jobs run, such as EU; that of the data when not given.',
  }),
  credentials: z.string().min(1).optional().meta({
    description:
      'File of a service account key or of other Google credentials, relative to the project; Application Default Credentials when neither this nor `credentials_json` is given.',
  }),
  credentials_json: z.string().min(1).optional().meta({
    description: 'The content of such a file; the file wins where both are given.',
    secret: true,
  }),
  max_bytes: bytes.meta({
    description:
      'Refuses a query of yours that would read more bytes than this, which a dry run tells before it costs anything.',
  }),
  max_bytes_billed: bytes.meta({
    description: 'BigQuery itself stops every statement that would be billed for more bytes than this.',
  }),
  endpoint: z
    .string()
    .regex(/^(https?:\/\/)?[^\s/:]+(:\d+)?\/*$/, 'must be an address such as http://localhost:9050')
    .optional()
    .meta({
      description:
        'Another address of the API: a private endpoint (https://…), or an emulator (http://… or host:port), which is given no credentials.',
    }),
})

export type BigqueryOptions = z.output<typeof bigqueryOptions>
