import { createHash } from 'node:crypto'
import type { SendMailOptions } from 'nodemailer'
import addressparser from 'nodemailer/lib/addressparser'
import { z } from 'zod'
import { attempt } from './attempt.ts'
import { defineChannel, type Message } from './channel.ts'
import { emailHtml, emailText } from './email-html.ts'
import { createRelay } from './smtp-relay.ts'

const TLS_PORT = 465
const SUBMISSION_PORT = 587

/** Every mailbox of a list of addresses as people write it: commas, names, quotes, groups. */
function mailboxes(list: string): readonly string[] {
  return addressparser(list, { flatten: true }).map(({ address }) => address ?? '')
}

const isMailbox = (address: string): boolean => /^[^\s@<>,]+@[^\s@<>,]+$/.test(address)
const areMailboxes = (list: string): boolean =>
  !/[\r\n]/.test(list) && mailboxes(list).length > 0 && mailboxes(list).every(isMailbox)
const address = z.string().refine(areMailboxes, { error: 'not a list of e-mail addresses' })

const options = z
  .strictObject({
    host: z.string().min(1).meta({ description: 'SMTP server.' }),
    port: z.coerce
      .number()
      .int()
      .min(1)
      .max(65535)
      .optional()
      .meta({ description: `By default ${TLS_PORT} with tls: tls, otherwise ${SUBMISSION_PORT}.` }),
    from: address
      .refine((list) => mailboxes(list).length === 1, { error: 'give one sender' })
      .meta({ description: 'Sender: an address, or a name and <address>.' }),
    to: z
      .union([address, z.array(address).min(1)])
      .meta({ description: 'Recipients: one, several with commas between, or a list.' }),
    user: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Login name; the address of `from` by default. No login without a password.' }),
    password: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'Login password. Without one the server is an anonymous relay.', secret: true }),
    tls: z.enum(['auto', 'starttls', 'tls', 'none']).default('auto').meta({
      description:
        'tls: from the first byte; starttls: required; none: never; auto: tls on port 465, otherwise STARTTLS, which is required for a login.',
    }),
    reject_unauthorized: z
      .boolean()
      .default(true)
      .meta({ description: 'Refuse a server whose certificate is not trusted.' }),
    timeout: z
      .number()
      .positive()
      .max(3600)
      .default(45)
      .meta({ description: 'Seconds until an attempt is given up.' }),
  })
  .refine(({ user, password }) => user === undefined || password !== undefined, {
    error: 'user needs a password',
    path: ['password'],
  })

/** What a header can hold: no line ends, no control characters. */
function headerText(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 900)
}

/** A part of an address; ids of messages have no other characters, unless someone else made them. */
function idText(id: string): string {
  return /^[\w.-]{1,120}$/.test(id) ? id : createHash('sha256').update(id).digest('hex')
}

async function compose(message: Message, domain: string): Promise<SendMailOptions> {
  const { image } = message
  const picture = image === undefined || image.png.length === 0 ? undefined : image
  const imageId = picture === undefined ? undefined : `chart-${idText(message.id)}@${domain}`
  const tag = (name: string, header: string): Record<string, string> => {
    const value = Object.hasOwn(message.tags, name) ? headerText(message.tags[name] ?? '') : ''
    return value === '' ? {} : { [header]: value }
  }
  return {
    subject: headerText(message.title) || message.kind,
    messageId: `<${idText(message.id)}@${domain}>`,
    text: emailText(message),
    html: await emailHtml(message, imageId),
    headers: {
      'X-Anomstack-Id': idText(message.id),
      'X-Anomstack-Kind': message.kind,
      ...tag('metric_batch', 'X-Anomstack-Batch'),
      ...tag('metric_name', 'X-Anomstack-Metric'),
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    attachments:
      picture === undefined || imageId === undefined
        ? []
        : [
            {
              filename: headerText(picture.filename) || 'chart.png',
              content: Buffer.from(picture.png),
              contentType: 'image/png',
              contentDisposition: 'inline',
              cid: imageId,
            },
          ],
    // Nothing in a message may make the composer read files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** Sends messages by SMTP to one or several recipients. */
export const email = defineChannel({
  name: 'email',
  summary: 'Sends the alert by e-mail, with the chart inline.',
  options,
  example: {
    host: 'smtp.example.test',
    port: 587,
    from: 'Anomstack <alerts@example.test>',
    to: 'team@example.test, on-call@example.test',
    password: 's3cret',
  },
  environment: {
    host: 'ANOMSTACK_ALERT_EMAIL_SMTP_HOST',
    port: 'ANOMSTACK_ALERT_EMAIL_SMTP_PORT',
    from: 'ANOMSTACK_ALERT_EMAIL_FROM',
    to: 'ANOMSTACK_ALERT_EMAIL_TO',
    password: 'ANOMSTACK_ALERT_EMAIL_PASSWORD',
  },
  create: ({ host, port, from, to, user, password, tls, reject_unauthorized, timeout }, { now }) => {
    const sender = mailboxes(from)[0]!
    const domain = sender.slice(sender.lastIndexOf('@') + 1)
    const recipients = [...new Set([to].flat().flatMap(mailboxes))]
    const mode = tls === 'auto' && (port ?? SUBMISSION_PORT) === TLS_PORT ? 'tls' : tls
    const relay = createRelay({
      host,
      port: port ?? (mode === 'tls' ? TLS_PORT : SUBMISSION_PORT),
      tls: mode,
      rejectUnauthorized: reject_unauthorized,
      ...(password === undefined ? {} : { login: { user: user ?? sender, password } }),
    })
    const secrets = password === undefined ? [] : [password]
    return {
      send: (message, { signal }) =>
        attempt({ channel: 'email', timeout, signal, secrets }, async (limited) => {
          const mail = { ...(await compose(message, domain)), from, to: [to].flat(), date: new Date(now()) }
          await relay.deliver({ id: message.id, mail, sender, recipients }, limited)
        }),
    }
  },
})
