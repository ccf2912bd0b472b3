import { afterEach, describe, expect, it } from 'vitest'
import { slack } from '../../src/channels/slack.ts'
import { slackBlocks, slackText } from '../../src/channels/slack-blocks.ts'
import { createChannel } from './rig.ts'
import { pngSize, sampleImage, sampleMessage } from './sample-message.ts'
import { type SlackApi, type SlackBlock, startSlackApi, textOf } from './slack-api.ts'

const never = { signal: new AbortController().signal }
const TOKEN = 'xoxb-1234-5678-abcdefghijkl'
let api: SlackApi

afterEach(() => api?.stop())

const bot = (channel: string) => createChannel('slack', { token: TOKEN, channel, api_url: `${api.url}/api/` })
const methods = () => api.calls.map(({ path }) => path.split('/').at(-1)!)
const refuse = (error: string) => (response: import('node:http').ServerResponse) =>
  void response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ ok: false, error }))

describe('options', () => {
  it.each([
    [{ token: 't' }, false],
    [{ channel: '#c' }, false],
    [{}, false],
    [{ token: 't', channel: '#c' }, true],
    [{ webhook_url: 'https://hooks.example.test/x' }, true],
    [{ token: 't', channel: 'two words' }, false],
    [{ webhook_url: 'file:///etc/passwd' }, false],
  ])('%j is %s', (options, valid) => {
    expect(slack.options.safeParse(options).success).toBe(valid)
  })
})

describe('bot', () => {
  it('posts blocks, picture and tags in one message with the token in a header', async () => {
    api = await startSlackApi()
    await bot('#alerts').send(sampleMessage({ image: await sampleImage() }), never)
    expect(methods()).toEqual([
      'conversations.list',
      'files.getUploadURLExternal',
      'F0',
      'files.completeUploadExternal',
    ])
    expect(api.posts).toHaveLength(1)
    expect(api.posts[0]).toMatchObject({
      channel: 'C00000000',
      text: '',
      file: { filename: 'daily_revenue.png', altText: 'daily_revenue over 40 hours' },
    })
    expect(pngSize(api.posts[0]!.file!.png)).toEqual({ width: 800, height: 440 })
    expect(api.calls[0]!.headers.authorization).toBe(`Bearer ${TOKEN}`)
  })

  it('posts to an id without looking it up', async () => {
    api = await startSlackApi()
    await bot('C0123456789').send(sampleMessage(), never)
    expect(methods()).toEqual(['chat.postMessage'])
    expect(api.posts[0]!.channel).toBe('C0123456789')
  })

  it('looks a name up once', async () => {
    api = await startSlackApi()
    const channel = bot('Alerts')
    await channel.send(sampleMessage(), never)
    await channel.send(sampleMessage(), never)
    expect(methods()).toEqual(['conversations.list', 'chat.postMessage', 'chat.postMessage'])
  })

  it('says so when there is no such channel, finally', async () => {
    api = await startSlackApi([['one'], ['two']])
    await expect(bot('#three').send(sampleMessage(), never)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      retryable: false,
      message: expect.stringContaining('"three"'),
    })
  })

  it('does not follow pages in a circle', async () => {
    api = await startSlackApi()
    api.override(
      'conversations.list',
      (response) =>
        void response.end(
          JSON.stringify({ ok: true, channels: [], response_metadata: { next_cursor: 'again' } }),
        ),
    )
    await expect(bot('#alerts').send(sampleMessage(), never)).rejects.toMatchObject({ retryable: false })
    expect(methods()).toHaveLength(2)
  })

  it.each([
    ['invalid_auth', false],
    ['not_in_channel', false],
    ['channel_not_found', false],
    ['ratelimited', true],
    ['internal_error', true],
    ['<html>a proxy</html>', true],
  ])('takes %s as retryable: %s', async (code, retryable) => {
    api = await startSlackApi()
    api.override('chat.postMessage', refuse(code))
    await expect(bot('#alerts').send(sampleMessage(), never)).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      retryable,
    })
  })

  it('never shows a token that Slack sends back as its error', async () => {
    api = await startSlackApi()
    api.override('chat.postMessage', refuse(TOKEN))
    const error: unknown = await bot('#alerts')
      .send(sampleMessage(), never)
      .then(
        () => 'delivered',
        (thrown: unknown) => thrown,
      )
    expect(String(error)).toContain('channel slack')
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('abcdefghijkl')
  })

  it('looks a channel up again that has gone', async () => {
    api = await startSlackApi()
    const channel = bot('#alerts')
    await channel.send(sampleMessage(), never)
    api.override('chat.postMessage', refuse('channel_not_found'))
    await expect(channel.send(sampleMessage(), never)).rejects.toMatchObject({ retryable: false })
    await expect(channel.send(sampleMessage(), never)).rejects.toMatchObject({ retryable: false })
    expect(methods().filter((method) => method === 'conversations.list')).toHaveLength(2)
  })

  it('says how long Slack asks to wait', async () => {
    api = await startSlackApi()
    api.override(
      'chat.postMessage',
      (response) => void response.writeHead(429, { 'retry-after': '17' }).end(),
    )
    await expect(bot('#alerts').send(sampleMessage(), never)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('17 s'),
    })
  })

  it('posts the text when the picture may not be uploaded', async () => {
    api = await startSlackApi()
    api.override('files.getUploadURLExternal', refuse('missing_scope'))
    await bot('#alerts').send(sampleMessage({ image: await sampleImage() }), never)
    expect(api.posts).toHaveLength(1)
    expect(api.posts[0]!.file).toBeUndefined()
  })

  it('tries again when the upload fails for another reason', async () => {
    api = await startSlackApi()
    api.override('F0', (response) => void response.writeHead(503).end())
    await expect(
      bot('#alerts').send(sampleMessage({ image: await sampleImage() }), never),
    ).rejects.toMatchObject({ retryable: true })
    expect(api.posts).toEqual([])
  })
})

describe('blocks', () => {
  it('hold no live mention, link or command of others', () => {
    const hostile = '<!channel> <@U1> <#C1> <https://evil.test|click> <!here|x>'
    const message = sampleMessage({
      title: hostile,
      text: hostile,
      tags: { [hostile]: hostile },
      link: 'https://x.test/a|b>c<!channel>',
    })
    const text = `${textOf(slackBlocks(message) as SlackBlock[])}\n${slackText(message)}`
    expect(text.match(/<[^>]*>/g)).toEqual(['<https://x.test/a%7Cb%3Ec%3C!channel%3E|Open in Anomstack>'])
  })

  it('keep within the limits of Slack', () => {
    const tags = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`tag ${index}`, '&'.repeat(3000)]),
    )
    const blocks = slackBlocks(sampleMessage({ title: '&'.repeat(1000), text: '<🔥'.repeat(20_000), tags }))
    expect(blocks.length).toBeLessThanOrEqual(50)
    for (const block of blocks as unknown as {
      text?: { text: string }
      fields?: { text: string }[]
      type: string
    }[]) {
      if (block.type === 'header') expect(block.text!.text.length).toBeLessThanOrEqual(150)
      if (block.text !== undefined) expect(block.text.text.length).toBeLessThanOrEqual(3000)
      for (const text of [block.text?.text ?? '', ...(block.fields ?? []).map((field) => field.text)]) {
        expect(text.length).toBeLessThanOrEqual(3000)
        expect(text).not.toMatch(/\p{Surrogate}/u)
        expect(text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&')
      }
      expect(block.fields?.length ?? 0).toBeLessThanOrEqual(10)
    }
  })
})

describe('bugs of the original', () => {
  it('3.2: a channel on the third page of the list is found', async () => {
    api = await startSlackApi([['general'], ['random'], ['other', 'alerts']])
    await bot('#alerts').send(sampleMessage(), never)
    expect(api.posts[0]!.channel).toBe('C20000001')
  })

  it('3.2: tags are in the message, with a picture and without', async () => {
    api = await startSlackApi()
    await bot('#alerts').send(sampleMessage(), never)
    await bot('#alerts').send(sampleMessage({ image: await sampleImage() }), never)
    for (const post of api.posts) expect(textOf(post.blocks)).toContain('*team*\ngrowth')
  })

  it('3.2: an answer of Slack that is an error is not swallowed', async () => {
    api = await startSlackApi()
    api.override('chat.postMessage', refuse('is_archived'))
    await expect(bot('#alerts').send(sampleMessage(), never)).rejects.toThrow('archived')
  })
})
