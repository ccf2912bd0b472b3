import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { defineDatabase } from './database.ts'
import { openPrometheus } from './prometheus/open-prometheus.ts'

const duration = (description: string) =>
  z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) > 0, { error: 'expected a duration such as 5m, 1h or 1d' })
    .meta({ description })

export const prometheus = defineDatabase({
  name: 'prometheus',
  summary:
    'A Prometheus server, or what speaks its HTTP API (Mimir, Thanos, VictoriaMetrics); read by PromQL, only as a source.',
  readOnly: true,
  options: z.strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'expected an address that starts with http:// or https://' })
      .default('http://localhost:9090')
      .meta({ description: 'Address of the server, without /api/v1.' }),
    user: z.string().optional().meta({ description: 'Whom to log in as, with a password.' }),
    password: z.string().optional().meta({ description: "The user's password.", secret: true }),
    token: z.string().optional().meta({ description: 'A bearer token, in place of a user.', secret: true }),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Further headers, such as X-Scope-OrgID.', secret: true }),
    range: duration('How far back a query reads, where it does not say.').default('1h'),
    step: duration('Time between its points, where it does not say.').default('1m'),
  }),
  example: { url: 'http://localhost:9090', range: '1h', step: '1m' },
  environment: {
    url: 'ANOMSTACK_PROMETHEUS_URL',
    user: 'ANOMSTACK_PROMETHEUS_USER',
    password: 'ANOMSTACK_PROMETHEUS_PASSWORD',
    token: 'ANOMSTACK_PROMETHEUS_TOKEN',
  },
  create: (options) => openPrometheus(options),
})
