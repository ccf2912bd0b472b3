import { afterEach, describe, expect, it } from 'vitest'
import { channels } from '../../src/channels/index.ts'
import { AnomstackError } from '../../src/core/errors.ts'
import {
  consoleRig,
  createChannel,
  emailRig,
  type Rig,
  slackBotRig,
  slackWebhookRig,
  webhookRig,
} from '../channels/rig.ts'
import { pngSize, sampleImage, sampleMessage } from '../channels/sample-message.ts'

interface Case {
  readonly channel: string
  readonly start: (timeout?: number) => Promise<Rig>
  /** Checks that a channel cannot meet, each with its reason. */
  readonly skips: Readonly<Partial<Record<'image' | 'id' | 'network', string>>>
}

const CASES: Readonly<Record<string, Case>> = {
  'email, STARTTLS and login': {
    channel: 'email',
    start: (timeout) => emailRig('starttls', timeout),
    skips: {},
  },
  'email, TLS and login': { channel: 'email', start: (timeout) => emailRig('tls', timeout), skips: {} },
  'email, anonymous relay': { channel: 'email', start: (timeout) => emailRig('none', timeout), skips: {} },
  'slack, bot': { channel: 'slack', start: slackBotRig, skips: {} },
  'slack, incoming webhook': {
    channel: 'slack',
    start: slackWebhookRig,
    skips: { image: 'an incoming webhook takes no files' },
  },
  webhook: { channel: 'webhook', start: webhookRig, skips: {} },
  console: {
    channel: 'console',
    start: consoleRig,
    skips: {
      image: 'a terminal shows no pictures',
      id: 'a line of text has no key',
      network: 'writes where it runs',
    },
  },
}

const never = new AbortController().signal
let rig: Rig | undefined

afterEach(async () => {
  await rig?.channel.close?.()
  await rig?.stop()
  rig = undefined
})

async function failure(promise: Promise<unknown>): Promise<AnomstackError> {
  const error: unknown = await promise.then(
    () => new Error('it was delivered'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AnomstackError)
  return error as AnomstackError
}

/** Everything that a log of the error could show. */
function shown(error: AnomstackError): string {
  const { cause } = error
  return [
    error.message,
    error.stack,
    JSON.stringify(error),
    cause instanceof Error ? `${cause.message} ${cause.stack} ${JSON.stringify(cause)}` : String(cause),
  ].join('\n')
}

const HOSTILE = '<b>bold</b> & "quoted" <!channel> <@U1> <https://evil.test|here> *x* `y` __proto__'

it('every channel has a case', () => {
  expect([...new Set(Object.values(CASES).map(({ channel }) => channel))].toSorted()).toEqual(
    [...channels.keys()].toSorted(),
  )
})

describe.each([...channels.values()].map((definition) => [definition.name, definition] as const))(
  'definition of %s',
  (name, definition) => {
    it('accepts its own example and creates from it without opening anything', () => {
      expect(createChannel(name, definition.example)).toHaveProperty('send')
    })

    it('refuses unknown options, and no options at all unless it needs none', () => {
      expect(definition.options.safeParse({ ...definition.example, no_such_option: 1 }).success).toBe(false)
      expect(definition.options.safeParse({}).success).toBe(name === 'console')
    })

    it('describes every option, and marks those that hold a secret', () => {
      for (const [option, schema] of Object.entries(definition.options.shape)) {
        const meta = (schema as { meta(): { description?: string; secret?: boolean } | undefined }).meta()
        expect(meta?.description, option).toBeTruthy()
        if (/secret|password|token|webhook_url|headers/.test(option)) expect(meta?.secret, option).toBe(true)
      }
    })
  },
)

describe.each(Object.entries(CASES))('%s', (_name, { channel, start, skips }) => {
  const itUnless = (gap: keyof Case['skips'], title: string, check: () => Promise<void>) => {
    if (skips[gap] === undefined) it(title, check)
  }

  it('delivers title, text, tags and link', async () => {
    rig = await start()
    const message = sampleMessage()
    await rig.channel.send(message, { signal: never })
    const [arrived, ...more] = rig.arrived()
    expect(more).toEqual([])
    expect(arrived!.title).toBe(message.title)
    for (const line of message.text.split('\n')) expect(arrived!.text).toContain(line)
    for (const [tag, value] of Object.entries(message.tags)) {
      expect(arrived!.text).toContain(tag)
      expect(arrived!.text).toContain(value)
    }
    expect(arrived!.link).toBe(message.link)
    expect(arrived!.png).toBeUndefined()
  })

  itUnless('image', 'delivers the picture', async () => {
    rig = await start()
    const image = await sampleImage()
    await rig.channel.send(sampleMessage({ image }), { signal: never })
    const { png } = rig.arrived()[0]!
    expect(pngSize(png!)).toEqual({ width: 800, height: 440 })
    expect(Buffer.from(png!).equals(image.png)).toBe(true)
  })

  it('delivers a message with a picture of 5 MB', async () => {
    rig = await start()
    const { png } = await sampleImage()
    const big = Buffer.alloc(5_000_000, 7)
    big.set(png)
    await rig.channel.send(sampleMessage({ image: { filename: 'big.png', png: big, alt: 'big' } }), {
      signal: never,
    })
    const [arrived] = rig.arrived()
    if (skips.image === undefined) expect(Buffer.from(arrived!.png!).equals(big)).toBe(true)
    else expect(arrived!.title).toBe(sampleMessage().title)
  })

  it('delivers an empty text, no tags and no link', async () => {
    rig = await start()
    await rig.channel.send(sampleMessage({ text: '', tags: {}, link: undefined as never }), { signal: never })
    expect(rig.arrived()[0]!.title).toBe(sampleMessage().title)
    expect(rig.arrived()[0]!.link).toBe('')
  })

  it('delivers hostile text intact', async () => {
    rig = await start()
    const tags = JSON.parse(
      `{"__proto__": "a tag", "quote\\"'<i>": ${JSON.stringify(HOSTILE)}, "ünï": "売上 🔥 \u202E gnp"}`,
    ) as Record<string, string>
    await rig.channel.send(sampleMessage({ title: HOSTILE, text: `${HOSTILE}\nsecond line`, tags }), {
      signal: never,
    })
    const [arrived] = rig.arrived()
    expect(arrived!.title).toBe(HOSTILE)
    expect(arrived!.text.replace(/\s+/g, ' ')).toContain(HOSTILE)
    for (const part of ['a tag', '__proto__', 'quote"\'<i>', 'ünï', '売上 🔥', 'second line'])
      expect(arrived!.text).toContain(part)
  })

  it('keeps a title with line ends on one line', async () => {
    rig = await start()
    await rig.channel.send(sampleMessage({ title: 'one\r\nBcc: victim@example.test\r\n\r\nbody' }), {
      signal: never,
    })
    const [arrived, ...more] = rig.arrived()
    expect(more).toEqual([])
    expect(arrived!.title.replace(/\s+/g, ' ')).toBe('one Bcc: victim@example.test body')
  })

  it('delivers a title of 100,000 characters, and a text and tags beyond every limit', async () => {
    rig = await start()
    const tags = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`tag ${index}`, '🔥'.repeat(50)]),
    )
    await rig.channel.send(sampleMessage({ title: '🔥'.repeat(50_000), text: '<'.repeat(100_000), tags }), {
      signal: never,
    })
    expect(rig.arrived()[0]!.title).not.toMatch(/\p{Surrogate}/u)
    expect(rig.arrived()[0]!.title.startsWith('🔥🔥')).toBe(true)
  })

  it('delivers a title without anything in it', async () => {
    rig = await start()
    await rig.channel.send(sampleMessage({ title: '' }), { signal: never })
    expect(rig.arrived()).toHaveLength(1)
  })

  itUnless('id', 'sends the same id at every attempt', async () => {
    rig = await start()
    await rig.channel.send(sampleMessage(), { signal: never })
    await rig.channel.send(sampleMessage(), { signal: never })
    await rig.channel.send(sampleMessage({ id: 'delivery-0002' }), { signal: never })
    const ids = rig.arrived().map(({ id }) => id)
    expect(ids[0]).toBe(ids[1])
    expect(ids[0]).not.toBe(ids[2])
    expect(ids[0]).toContain('delivery-0001')
  })

  it('does not start when the signal has been aborted', async () => {
    rig = await start()
    const error = await failure(rig.channel.send(sampleMessage(), { signal: AbortSignal.abort() }))
    expect(error.code).toBe('CANCELED')
    expect(rig.arrived()).toEqual([])
  })

  if (skips.network !== undefined) return

  describe('over a network', () => {
    it('calls for another attempt after answers that may change', async () => {
      rig = await start()
      for (const [name, arrange] of Object.entries(rig.temporary)) {
        arrange()
        const error = await failure(rig.channel.send(sampleMessage(), { signal: never }))
        expect({ name, code: error.code, retryable: error.retryable }).toEqual({
          name,
          code: 'DELIVERY_FAILED',
          retryable: true,
        })
        expect(error.message).toContain(`channel ${channel}`)
      }
    })

    it('calls for no other attempt after answers that are final', async () => {
      rig = await start()
      const names = Object.keys(rig.final)
      expect(names.length).toBeGreaterThan(2)
      for (const name of names) {
        rig.final[name]!()
        const error = await failure(rig.channel.send(sampleMessage(), { signal: never }))
        expect({ name, code: error.code, retryable: error.retryable }).toEqual({
          name,
          code: 'DELIVERY_FAILED',
          retryable: false,
        })
        await rig.stop()
        rig = await start()
      }
    })

    it('calls for another attempt when nobody listens', async () => {
      rig = await start()
      await rig.stop()
      const error = await failure(rig.channel.send(sampleMessage(), { signal: never }))
      expect(error).toMatchObject({ code: 'DELIVERY_FAILED', retryable: true })
      expect(error.message).toMatch(/ECONNREFUSED|refused/i)
    })

    it('calls for another attempt when there is no answer in time', async () => {
      rig = await start(0.3)
      rig.hang()
      const error = await failure(rig.channel.send(sampleMessage(), { signal: never }))
      expect(error).toMatchObject({ code: 'DELIVERY_FAILED', retryable: true })
      expect(error.message).toContain('no answer in time')
    })

    it("calls for another attempt when the caller's own time is over", async () => {
      rig = await start()
      const { asked } = rig.hang()
      const late = new AbortController()
      const sending = failure(rig.channel.send(sampleMessage(), { signal: late.signal }))
      await asked
      late.abort(new DOMException('too late', 'TimeoutError'))
      expect(await sending).toMatchObject({ code: 'DELIVERY_FAILED', retryable: true })
    })

    it('stops at once when it is aborted', async () => {
      rig = await start()
      const { asked } = rig.hang()
      const abort = new AbortController()
      const sending = failure(rig.channel.send(sampleMessage(), { signal: abort.signal }))
      await asked
      abort.abort()
      expect((await sending).code).toBe('CANCELED')
    })

    it('never shows a secret, whatever the other side answers', async () => {
      rig = await start()
      rig.echoSecrets()
      const error = await failure(rig.channel.send(sampleMessage(), { signal: never }))
      const text = shown(error).toLowerCase()
      for (const secret of rig.secrets) {
        expect(text).not.toContain(secret.toLowerCase())
        expect(text).not.toContain(Buffer.from(secret).toString('base64').replaceAll('=', '').toLowerCase())
        expect(text).not.toContain(encodeURIComponent(secret).toLowerCase())
        expect(text).not.toContain(secret.slice(2).toLowerCase())
      }
      await rig.stop()
      const unreachable = await failure(rig.channel.send(sampleMessage(), { signal: never }))
      for (const secret of rig.secrets) expect(shown(unreachable)).not.toContain(secret)
    })
  })
})
