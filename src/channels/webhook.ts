import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { assertAccepted } from './answer.ts'
import { attempt } from './attempt.ts'
import { defineChannel, type Message, noticeLabel } from './channel.ts'
import { secretsOfUrl } from './scrub.ts'

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7E\x80-\xFF]*$/
const OUR_HEADERS = new Set([
  'content-type',
  'content-length',
  'host',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
])
const PREFIX = 'whsec_'

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({ description: 'Where to POST.', secret: true }),
  secret: z
    .string()
    .min(1)
    .refine((secret) => !secret.startsWith(PREFIX) || /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret), {
      error: 'what follows whsec_ is not base64',
    })
    .optional()
    .meta({
      description:
        'Signs every call as Standard Webhooks describe: `whsec_` and base64, or any text. Not signed when not set.',
      secret: true,
    }),
  headers: z
    .record(
      z.string().refine((name) => HEADER_NAME.test(name) && !OUR_HEADERS.has(name.toLowerCase()), {
        error: 'not a header that can be set',
      }),
      z.string().regex(HEADER_VALUE, { error: 'not a valid header value' }),
    )
    .default({})
    .meta({ description: 'More headers, such as Authorization.', secret: true }),
  include_image: z.boolean().default(false).meta({ description: 'Adds the chart to the body, as base64.' }),
  timeout: z
    .number()
    .positive()
    .max(3600)
    .default(30)
    .meta({ description: 'Seconds until an attempt is given up.' }),
})

function typeOf(kind: Message['kind']): string {
  if (kind === 'test') return kind
  return `${noticeLabel(kind) === undefined ? 'alert' : 'notice'}.${kind}`
}

/** The same text at every attempt, so that a receiver can compare. */
function bodyOf(message: Message, withImage: boolean): string {
  const { image } = message
  return JSON.stringify({
    type: typeOf(message.kind),
    timestamp: new Date(message.raisedAt).toISOString(),
    data: {
      id: message.id,
      kind: message.kind,
      title: message.title,
      text: message.text,
      tags: message.tags,
      link: message.link ?? null,
      details: message.details,
      ...(withImage && image !== undefined
        ? {
            image: {
              filename: image.filename,
              content_type: 'image/png',
              alt: image.alt,
              base64: Buffer.from(image.png).toString('base64'),
            },
          }
        : {}),
    },
  })
}

/** Headers of the Standard Webhooks specification, https://www.standardwebhooks.com; `now` in epoch ms. */
function signature(
  id: string,
  body: string,
  { secret, now }: { readonly secret: string; readonly now: number },
): Record<string, string> {
  const key = secret.startsWith(PREFIX)
    ? Buffer.from(secret.slice(PREFIX.length), 'base64')
    : Buffer.from(secret)
  const timestamp = String(Math.floor(now / 1000))
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` }
}

/** `fetch` takes no credentials in an address: they go into a header. */
function splitCredentials(url: string): {
  readonly target: URL
  readonly authorization: Record<string, string>
} {
  const target = new URL(url)
  const { username, password } = target
  if (username === '' && password === '') return { target, authorization: {} }
  target.username = ''
  target.password = ''
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString(
    'base64',
  )
  return { target, authorization: { authorization: `Basic ${pair}` } }
}

/** POSTs messages to an address, signed. */
export const webhook = defineChannel({
  name: 'webhook',
  summary: 'POSTs the alert as JSON, signed as Standard Webhooks describe.',
  options,
  example: { url: 'https://example.test/alerts?token=s3cret', secret: 'whsec_c2VjcmV0IG9mIHRoZSBleGFtcGxl' },
  environment: { url: 'ANOMSTACK_WEBHOOK_URL', secret: 'ANOMSTACK_WEBHOOK_SECRET' },
  create: ({ url, secret, headers, include_image, timeout }, { fetch, now }) => {
    const { target, authorization } = splitCredentials(url)
    const words = Object.values(headers)
      .flatMap((value) => value.split(/\s+/))
      .filter((word) => word.length >= 4)
    const signing = secret === undefined ? [] : [secret, secret.replace(PREFIX, '')]
    const secrets = [...secretsOfUrl(url), ...Object.values(headers), ...words, ...signing]
    return {
      send: (message, { signal }) =>
        attempt({ channel: 'webhook', timeout, signal, secrets }, async (limited) => {
          const body = bodyOf(message, include_image)
          const signed = secret === undefined ? {} : signature(message.id, body, { secret, now: now() })
          const own = { 'content-type': 'application/json', 'webhook-id': message.id, ...signed }
          const response = await fetch(target, {
            method: 'POST',
            redirect: 'manual',
            signal: limited,
            body,
            headers: { 'user-agent': 'Anomstack', ...authorization, ...headers, ...own },
          })
          await assertAccepted('webhook', response, secrets)
        }),
    }
  },
})
