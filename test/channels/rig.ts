import type { ServerResponse } from 'node:http'
import type { Channel } from '../../src/channels/channel.ts'
import { channels } from '../../src/channels/index.ts'
import { type HttpReceiver, startHttpReceiver } from './http-receiver.ts'
import { RAISED_AT } from './sample-message.ts'
import { type SlackPost, startSlackApi, textOf, unescapeSlack } from './slack-api.ts'
import { smtpError, startSmtpReceiver } from './smtp-receiver.ts'

/** What arrived at the other side, as a person or machine there would read it. */
export interface Arrived {
  readonly id: string
  readonly title: string
  /** Everything that is shown, tags included. */
  readonly text: string
  readonly link: string
  readonly png?: Uint8Array
}

/** One channel connected to a real server on loopback that can be told to misbehave. */
export interface Rig {
  readonly channel: Channel
  readonly arrived: () => readonly Arrived[]
  /** Answers from now on that are worth another attempt, by name. */
  readonly temporary: Readonly<Record<string, () => void>>
  /** Answers from now on that are final, by name. */
  readonly final: Readonly<Record<string, () => void>>
  /** Takes connections, but never answers; resolves `asked` when a message is on its way. */
  readonly hang: () => { readonly asked: Promise<void> }
  /** Sends every secret back in its refusal. */
  readonly echoSecrets: () => void
  readonly secrets: readonly string[]
  readonly stop: () => Promise<void>
}

/** A channel's instance over real `fetch`, with the clock stopped. */
export function createChannel(
  name: string,
  options: object,
  write: (text: string) => void = () => {},
): Channel {
  const definition = channels.get(name)!
  return definition.create(definition.options.parse(options), {
    fetch: globalThis.fetch,
    now: () => RAISED_AT,
    write,
  })
}

type Responder = (response: ServerResponse) => void
const status =
  (code: number, body = 'no', headers: Record<string, string> = {}): Responder =>
  (response) =>
    void response.writeHead(code, headers).end(body)

function httpFaults(
  respondWith: (responder: Responder) => void,
  secrets: readonly string[],
): Pick<Rig, 'temporary' | 'final' | 'hang' | 'echoSecrets' | 'secrets'> {
  const set = (code: number) => () => respondWith(status(code))
  return {
    secrets,
    temporary: {
      '408': set(408),
      '425': set(425),
      '429 with Retry-After': () => respondWith(status(429, 'slow down', { 'retry-after': '30' })),
      '429 without Retry-After': set(429),
      '500': set(500),
      '503': set(503),
      'a connection that breaks': () => respondWith((response) => void response.destroy()),
    },
    final: {
      '400': set(400),
      '401': set(401),
      '403': set(403),
      '404': set(404),
      'a redirect': () => respondWith(status(302, '', { location: 'http://127.0.0.1:9/elsewhere' })),
    },
    hang: () => {
      let asked = () => {}
      const promise = new Promise<void>((resolve) => {
        asked = resolve
      })
      respondWith(() => asked())
      return { asked: promise }
    },
    echoSecrets: () => {
      const forms = secrets.flatMap((secret) => [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64'),
        secret.slice(2),
        secret.toUpperCase(),
      ])
      respondWith(status(403, `denied: ${forms.join(' ')}`))
    },
  }
}

/** Signed webhook. */
export async function webhookRig(timeout = 20): Promise<Rig> {
  const secret = `whsec_${Buffer.from('a signing key of some length').toString('base64')}`
  let respond: Responder = status(204, '')
  const receiver: HttpReceiver = await startHttpReceiver((_call, response) => respond(response))
  const secrets = ['path-token-77aa', 'query-token-88bb', 'header-token-99cc', secret]
  return {
    channel: createChannel('webhook', {
      url: `${receiver.url}/hooks/path-token-77aa?token=query-token-88bb`,
      secret,
      headers: { Authorization: 'Bearer header-token-99cc' },
      include_image: true,
      timeout,
    }),
    arrived: () =>
      receiver.calls.map(({ headers, body }) => {
        const { data } = JSON.parse(body.toString()) as {
          data: { title: string; text: string; link: string; tags: object; image?: { base64: string } }
        }
        const png = data.image === undefined ? {} : { png: Buffer.from(data.image.base64, 'base64') }
        const tags = Object.entries(data.tags).flat().join('\n')
        return {
          id: String(headers['webhook-id']),
          title: data.title,
          text: `${data.text}\n${tags}`,
          link: data.link ?? '',
          ...png,
        }
      }),
    ...httpFaults((responder) => {
      respond = responder
    }, secrets),
    stop: receiver.stop,
  }
}

function fromPost(post: SlackPost): Arrived {
  const text = textOf(post.blocks)
  const link = /<(https?:[^|>]*)\|Open in Anomstack>/.exec(text)?.[1] ?? ''
  return {
    id: post.blocks[0]?.block_id ?? '',
    title: unescapeSlack(post.blocks[0]?.text?.text ?? ''),
    text: unescapeSlack(text),
    link: unescapeSlack(link),
    ...(post.file === undefined ? {} : { png: post.file.png }),
  }
}

/** Slack as a bot. */
export async function slackBotRig(timeout = 20): Promise<Rig> {
  const api = await startSlackApi()
  const token = 'xoxb-1234-5678-abcdefghijkl'
  return {
    channel: createChannel('slack', { token, channel: '#alerts', api_url: `${api.url}/api/`, timeout }),
    arrived: () => api.posts.map(fromPost),
    ...httpFaults((responder) => api.override('*', responder), [token]),
    stop: api.stop,
  }
}

/** Slack's incoming webhook. */
export async function slackWebhookRig(timeout = 20): Promise<Rig> {
  let respond: Responder = status(200, 'ok')
  const receiver = await startHttpReceiver((_call, response) => respond(response))
  return {
    channel: createChannel('slack', {
      webhook_url: `${receiver.url}/services/T00000001/B00000002/x9x8x7x6secret`,
      timeout,
    }),
    arrived: () =>
      receiver.calls.map(({ body }) =>
        fromPost({ channel: '', ...(JSON.parse(body.toString()) as Pick<SlackPost, 'text' | 'blocks'>) }),
      ),
    ...httpFaults(
      (responder) => {
        respond = responder
      },
      ['T00000001', 'B00000002', 'x9x8x7x6secret'],
    ),
    stop: receiver.stop,
  }
}

/** E-mail over one of the three kinds of connection. */
export async function emailRig(kind: 'starttls' | 'tls' | 'none', timeout = 20): Promise<Rig> {
  const password = 'correct horse battery'
  let dataFault: Error | undefined
  let recipientFault: Error | undefined
  let loginFault: Error | undefined
  let broken = false
  let hanging: (() => void) | undefined
  const receiver = await startSmtpReceiver({
    secure: kind === 'tls',
    ...(kind === 'none' ? { hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] } : {}),
    onAuth: (auth, _session, done) =>
      loginFault !== undefined
        ? done(loginFault)
        : auth.password === password
          ? done(null, { user: auth.username })
          : done(smtpError(535, 'bad credentials')),
    onMailFrom: (_address, session, done) => {
      if (hanging !== undefined) return hanging()
      if (broken) {
        for (const connection of receiver.server.connections)
          (connection as unknown as { _socket: { destroy(): void } })._socket.destroy()
        return
      }
      done(session === undefined ? new Error('no session') : dataFault)
    },
    onRcptTo: (_address, _session, done) => done(recipientFault),
  })
  const reply = (code: number) => () => {
    dataFault = smtpError(code, 'no')
  }
  return {
    channel: createChannel('email', {
      host: 'localhost',
      port: receiver.port,
      from: 'Anomstack <alerts@example.test>',
      to: 'one@example.test, "Two, Ms" <two@example.test>',
      tls: kind,
      reject_unauthorized: false,
      timeout,
      ...(kind === 'none' ? {} : { password }),
    }),
    arrived: () =>
      receiver.mails.map(({ mail }) => {
        const html = String(mail.html)
        const image = mail.attachments.find(({ contentType }) => contentType === 'image/png')
        return {
          id: String(mail.messageId),
          title: mail.subject ?? '',
          text: mail.text ?? '',
          link: unescapeHtml(/<a href="([^"]*)"/.exec(html)?.[1] ?? ''),
          ...(image === undefined ? {} : { png: image.content }),
        }
      }),
    temporary: {
      '421': reply(421),
      '451': reply(451),
      '452': reply(452),
      'a connection that breaks': () => {
        broken = true
      },
    },
    final: {
      '550': reply(550),
      '552': reply(552),
      'every recipient rejected': () => {
        recipientFault = smtpError(550, 'no such user')
      },
      ...(kind === 'none'
        ? {}
        : {
            'a refused login': () => {
              loginFault = smtpError(535, 'no')
            },
          }),
    },
    hang: () => ({
      asked: new Promise<void>((resolve) => {
        hanging = resolve
      }),
    }),
    echoSecrets: () => {
      const plain = Buffer.from(`\0alerts@example.test\0${password}`).toString('base64')
      const text = `no: ${password} ${plain} ${Buffer.from(password).toString('base64')}`
      loginFault = smtpError(535, text)
      dataFault = smtpError(550, text)
    },
    secrets: kind === 'none' ? [] : [password],
    stop: receiver.stop,
  }
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** What is printed; nothing can go wrong on the way. */
export async function consoleRig(): Promise<Rig> {
  const written: string[] = []
  return {
    channel: createChannel('console', {}, (text) => written.push(text)),
    arrived: () =>
      written.map((text) => ({
        id: '',
        title: text.split('\n')[0]!.replace(/^\[.*?\] [\w-]+: /, ''),
        text,
        link: /https?:\S+/.exec(text)?.[0] ?? '',
      })),
    temporary: {},
    final: {},
    hang: () => ({ asked: Promise.resolve() }),
    echoSecrets: () => {},
    secrets: [],
    stop: async () => {},
  }
}
