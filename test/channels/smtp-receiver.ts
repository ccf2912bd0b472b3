import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { callbackify } from 'node:util'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'

export interface ReceivedMail {
  readonly mail: ParsedMail
  readonly raw: string
  readonly recipients: readonly string[]
  readonly sender: string
  readonly user: string | undefined
  readonly encrypted: boolean
}

export interface SmtpReceiver {
  readonly port: number
  readonly mails: ReceivedMail[]
  /** Logins that were tried. */
  readonly logins: { readonly user: string; readonly password: string }[]
  readonly server: SMTPServer
  readonly stop: () => Promise<void>
}

const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))
const TLS = { key: fixture('localhost.key'), cert: fixture('localhost.crt') }

/** The error by which an SMTP server answers with a code. */
export function smtpError(code: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: code })
}

/** A real SMTP server on loopback that parses and keeps what it takes. */
export async function startSmtpReceiver(options: SMTPServerOptions = {}): Promise<SmtpReceiver> {
  const mails: ReceivedMail[] = []
  const logins: { user: string; password: string }[] = []
  const keep = async (raw: Buffer, session: SMTPServerSession): Promise<void> => {
    const mail = await simpleParser(raw)
    const { mailFrom, rcptTo } = session.envelope
    mails.push({
      mail,
      raw: raw.toString('latin1'),
      recipients: rcptTo.map(({ address }) => String(address)),
      sender: mailFrom === false ? '' : String(mailFrom.address),
      user: session.user === undefined ? undefined : String(session.user),
      encrypted: session.secure,
    })
  }
  const server = new SMTPServer({
    ...TLS,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    size: 50_000_000,
    onAuth({ username = '', password = '' }, _session, done) {
      logins.push({ user: String(username), password: String(password) })
      done(null, { user: String(username) })
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        callbackify(keep)(Buffer.concat(chunks), session, (error) => done(error))
      })
    },
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    logins,
    server,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
