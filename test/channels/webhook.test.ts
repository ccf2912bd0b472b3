import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { webhook } from '../../src/channels/webhook.ts'
import { type HttpReceiver, startHttpReceiver } from './http-receiver.ts'
import { RAISED_AT, sampleImage, sampleMessage } from './sample-message.ts'

const never = { signal: new AbortController().signal }
const WHSEC = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`
let receiver: HttpReceiver

afterEach(() => receiver?.stop())

async function sent(options: object, message = sampleMessage(), now = Date.now()) {
  receiver ??= await startHttpReceiver((_call, response) => void response.writeHead(200).end('thank you'))
  const parsed = webhook.options.parse({ url: `${receiver.url}/hook`, ...options })
  await webhook
    .create(parsed, { fetch: globalThis.fetch, now: () => now, write: () => {} })
    .send(message, never)
  const call = receiver.calls.at(-1)!
  return { ...call, headers: call.headers as Record<string, string>, text: call.body.toString() }
}

afterEach(() => {
  receiver = undefined as never
})

describe('signature', () => {
  it('is one that Standard Webhooks accepts, of a whsec_ secret', async () => {
    const { headers, text } = await sent({ secret: WHSEC })
    expect(new Webhook(WHSEC).verify(text, headers)).toMatchObject({ type: 'alert.anomaly' })
    expect(headers['webhook-id']).toBe('delivery-0001')
    expect(() => new Webhook(WHSEC).verify(`${text} `, headers)).toThrow()
  })

  it('is one of any text as a secret', async () => {
    const { headers, text } = await sent({ secret: 'any text, ünïcode' })
    const raw = new Webhook(Buffer.from('any text, ünïcode'), { format: 'raw' })
    expect(raw.verify(text, headers)).toMatchObject({ type: 'alert.anomaly' })
  })

  it('is not there without a secret', async () => {
    const { headers } = await sent({})
    expect(headers).not.toHaveProperty('webhook-signature')
    expect(headers['webhook-id']).toBe('delivery-0001')
  })
})

describe('body', () => {
  it('holds the whole alert and is the same at every attempt', async () => {
    const first = await sent({ secret: WHSEC }, sampleMessage(), RAISED_AT)
    const second = await sent({ secret: WHSEC }, sampleMessage(), RAISED_AT + 60_000)
    const message = sampleMessage()
    expect(second.text).toBe(first.text)
    expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp'])
    expect(JSON.parse(first.text)).toEqual({
      type: 'alert.anomaly',
      timestamp: '2024-03-01T06:05:00.000Z',
      data: {
        id: message.id,
        kind: 'anomaly',
        title: message.title,
        text: message.text,
        tags: message.tags,
        link: message.link,
        details: message.details,
      },
    })
  })

  it('has the picture only when asked for', async () => {
    const image = await sampleImage()
    const without = await sent({}, sampleMessage({ image }))
    const withIt = await sent({ include_image: true }, sampleMessage({ image }))
    expect(JSON.parse(without.text).data).not.toHaveProperty('image')
    expect(JSON.parse(withIt.text).data.image).toEqual({
      filename: image.filename,
      content_type: 'image/png',
      alt: image.alt,
      base64: Buffer.from(image.png).toString('base64'),
    })
  })
})

describe('request', () => {
  it('carries own headers, and credentials of the address as one', async () => {
    receiver = await startHttpReceiver((_call, response) => void response.end())
    const { headers } = await sent({
      url: receiver.url.replace('//', '//me:p%40ss@'),
      headers: { 'X-Team': 'growth' },
    })
    expect(headers['x-team']).toBe('growth')
    expect(headers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
    expect(headers['content-type']).toBe('application/json')
  })

  it('is not repeated where a redirect points to', async () => {
    let calls = 0
    receiver = await startHttpReceiver((_call, response) => {
      calls++
      response.writeHead(307, { location: '/other' }).end()
    })
    await expect(sent({})).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('redirects'),
    })
    expect(calls).toBe(1)
  })

  it('does not wait for the end of an answer that has begun well', async () => {
    receiver = await startHttpReceiver((_call, response) => void response.writeHead(200).write('and so on'))
    await sent({})
    expect(receiver.calls).toHaveLength(1)
  })

  it('reads only the beginning of a refusal that never ends', async () => {
    receiver = await startHttpReceiver((_call, response) => {
      response.writeHead(400)
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more))
      }
      more()
    })
    const error: unknown = await sent({}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ retryable: false })
    expect((error as Error).message.length).toBeLessThan(400)
  })
})

describe('options', () => {
  it.each([
    ['a file', { url: 'file:///etc/passwd' }],
    ['a header with a line end', { url: 'https://x.test', headers: { A: 'b\r\nc: d' } }],
    ['a header name with a space', { url: 'https://x.test', headers: { 'A b': 'c' } }],
    ['a header that is ours', { url: 'https://x.test', headers: { 'Webhook-Id': 'c' } }],
    ['a secret that is not base64', { url: 'https://x.test', secret: 'whsec_%%%' }],
  ])('refuse %s', (_name, options) => {
    expect(webhook.options.safeParse(options).success).toBe(false)
  })
})
