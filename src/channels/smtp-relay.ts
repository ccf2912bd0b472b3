import { LRUCache } from 'lru-cache'
import type { SendMailOptions } from 'nodemailer'
import { AnomstackError, messageOf } from '../core/errors.ts'
import { deliveryError } from './delivery-error.ts'

export interface RelayOptions {
  readonly host: string
  readonly port: number
  readonly tls: 'auto' | 'starttls' | 'tls' | 'none'
  readonly rejectUnauthorized: boolean
  readonly login?: { readonly user: string; readonly password: string }
}

export interface Letter {
  /** The same at every attempt. */
  readonly id: string
  readonly mail: SendMailOptions
  readonly sender: string
  readonly recipients: readonly string[]
}

export interface Relay {
  /** Resolves when the server has taken the letter for every recipient. Throws `DELIVERY_FAILED`, or what the connection threw. */
  deliver(letter: Letter, signal: AbortSignal): Promise<void>
}

interface Rejection {
  readonly recipient?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
}

const CHANNEL = 'email'
/** Letters of which some recipients have theirs already and others not yet. */
const MOST_PARTIAL = 1000

function field(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Record<string, unknown>)[name]
    : undefined
}

/** A reply of 4xx is temporary, 5xx is final (RFC 5321, 4.2.1); without a reply it was the connection. */
function isTemporary(code: unknown): boolean {
  return typeof code !== 'number' || (code >= 400 && code < 500)
}

const UNTRUSTED =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)|self[- ]signed certificate|unable to verify|does not match certificate/

/** The error of an SMTP dialogue. What the server or its certificate refuses is final unless the reply says that it is temporary. */
function translate(error: unknown, secrets: readonly string[]): unknown {
  if (error instanceof AnomstackError) return error
  const code = field(error, 'code')
  const reply = field(error, 'responseCode')
  const answer = field(error, 'response')
  const response = typeof answer === 'string' ? answer : messageOf(error)
  const replied = typeof reply === 'number'
  const final = (problem: string) =>
    deliveryError(CHANNEL, problem, { retryable: replied && isTemporary(reply), secrets })
  if (code === 'EAUTH')
    return final(`the server does not accept the login (${response}): check user and password`)
  if (!replied && (UNTRUSTED.test(String(code)) || UNTRUSTED.test(messageOf(error))))
    return final(
      `the server's certificate is not trusted (${messageOf(error)}): name its authority in NODE_EXTRA_CA_CERTS, or set reject_unauthorized: false`,
    )
  if (code === 'ETLS') return final(`no encrypted connection (${response}): check port and tls`)
  if (replied) return final(`the server refused the message: ${response}`)
  return error
}

/** A connection per letter to an SMTP server. */
export function createRelay({ host, port, tls, rejectUnauthorized, login }: RelayOptions): Relay {
  const secrets = login === undefined ? [] : [login.password, `\0${login.user}\0${login.password}`]
  const taken = new LRUCache<string, ReadonlySet<string>>({ max: MOST_PARTIAL })

  function report(rejections: readonly Rejection[], total: number): unknown {
    const list = rejections
      .map(({ recipient, response }) => `${recipient ?? 'a recipient'} (${response ?? 'no reason given'})`)
      .join(', ')
    const retryable = rejections.some(({ responseCode }) => isTemporary(responseCode))
    return deliveryError(
      CHANNEL,
      `${total - rejections.length} of ${total} recipients were accepted; rejected: ${list}`,
      { retryable, secrets },
    )
  }

  return {
    deliver: async ({ id, mail, sender, recipients }, signal) => {
      const { createTransport } = await import('nodemailer')
      const done = taken.get(id) ?? new Set<string>()
      const open = recipients.filter((recipient) => !done.has(recipient))
      const transport = createTransport({
        host,
        port,
        secure: tls === 'tls',
        ignoreTLS: tls === 'none',
        // A password is never sent in the clear because somebody removed STARTTLS from the server's greeting.
        requireTLS: tls === 'starttls' || (tls === 'auto' && login !== undefined),
        tls: { rejectUnauthorized },
        ...(login === undefined ? {} : { auth: { user: login.user, pass: login.password }, forceAuth: true }),
      })
      try {
        const info = await transport.sendMail({ ...mail, envelope: { from: sender, to: open }, signal })
        const rejections: readonly Rejection[] = info.rejectedErrors ?? []
        if (rejections.length === 0) {
          taken.delete(id)
          return
        }
        // Those who have it must not get it again when the others are tried once more.
        const rejected = new Set(rejections.map(({ recipient }) => recipient))
        taken.set(id, new Set([...done, ...open.filter((recipient) => !rejected.has(recipient))]))
        throw report(rejections, recipients.length)
      } catch (error) {
        if (signal.aborted) throw error
        throw translate(error, secrets)
      } finally {
        transport.close()
      }
    },
  }
}
