import { afterEach, describe, expect, it } from 'vitest'
import { email } from '../../src/channels/email.ts'
import { emailHtml } from '../../src/channels/email-html.ts'
import { AnomstackError } from '../../src/core/errors.ts'
import { createChannel } from './rig.ts'
import { pngSize, sampleImage, sampleMessage } from './sample-message.ts'
import { type SmtpReceiver, smtpError, startSmtpReceiver } from './smtp-receiver.ts'

const never = { signal: new AbortController().signal }
let receiver: SmtpReceiver

afterEach(() => receiver?.stop())

function optionsFor(port: number, changes: object = {}): object {
  return {
    host: 'localhost',
    port,
    from: 'alerts@example.test',
    to: 'one@example.test',
    reject_unauthorized: false,
    ...changes,
  }
}

const send = (changes: object = {}, message = sampleMessage()) =>
  createChannel('email', optionsFor(receiver.port, changes)).send(message, never)

describe('connection', () => {
  it('logs in as the sender over STARTTLS when only a password is set', async () => {
    receiver = await startSmtpReceiver()
    await send({ password: 'pass word é' })
    expect(receiver.logins).toEqual([{ user: 'alerts@example.test', password: 'pass word é' }])
    expect(receiver.mails[0]).toMatchObject({
      user: 'alerts@example.test',
      encrypted: true,
      sender: 'alerts@example.test',
    })
  })

  it('logs in as the user that is set', async () => {
    receiver = await startSmtpReceiver({ secure: true })
    await send({ tls: 'tls', user: 'postmaster', password: 'secret' })
    expect(receiver.logins).toEqual([{ user: 'postmaster', password: 'secret' }])
  })

  it('never sends a password in the clear unless told to', async () => {
    receiver = await startSmtpReceiver({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
    })
    await expect(send({ password: 'secret' })).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      retryable: false,
    })
    expect(receiver.logins).toEqual([])
    await send({ password: 'secret', tls: 'none' })
    expect(receiver.logins).toHaveLength(1)
  })

  it('refuses a certificate that nobody vouches for, finally, saying what to do', async () => {
    receiver = await startSmtpReceiver()
    const error: AnomstackError = await send({ tls: 'starttls', reject_unauthorized: true }).then(
      () => new AnomstackError('NOT_FOUND', 'delivered'),
      (thrown: AnomstackError) => thrown,
    )
    expect(error).toMatchObject({ code: 'DELIVERY_FAILED', retryable: false })
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS')
    await receiver.stop()
    receiver = await startSmtpReceiver({ secure: true })
    await expect(send({ tls: 'tls', reject_unauthorized: true })).rejects.toMatchObject({ retryable: false })
  })

  it.each([
    [{ port: 465 }, 465],
    [{ tls: 'tls' }, undefined],
    [{}, undefined],
    [{ port: '2525' }, 2525],
  ])('accepts %j', (changes, port) => {
    const parsed = email.options.parse({ host: 'h', from: 'a@b.test', to: 'c@d.test', ...changes })
    expect(parsed.port).toBe(port)
  })
})

describe('options', () => {
  it.each([
    ['no sender', { from: '' }],
    ['two senders', { from: 'a@b.test, c@d.test' }],
    ['no address', { to: 'nobody' }],
    ['one bad address of two', { to: 'a@b.test, nobody' }],
    ['an empty list', { to: [] }],
    ['a line end', { to: 'a@b.test\r\nBcc: c@d.test' }],
    ['a user without a password', { user: 'me' }],
    ['a port beyond the last', { port: 70000 }],
  ])('refuses %s', (_name, changes) => {
    expect(email.options.safeParse(optionsFor(25, changes)).success).toBe(false)
  })
})

describe('recipients', () => {
  it('reach each one once, whatever form the list has', async () => {
    receiver = await startSmtpReceiver()
    await send({
      to: ['one@example.test', '"Doe, Jane" <jane@example.test>, two@example.test', 'one@example.test'],
    })
    expect(receiver.mails.map(({ recipients }) => recipients)).toEqual([
      ['one@example.test', 'jane@example.test', 'two@example.test'],
    ])
  })

  it('report those that are rejected, and a temporary rejection is tried again for them alone', async () => {
    let full = true
    receiver = await startSmtpReceiver({
      onRcptTo: ({ address }, _session, done) =>
        done(full && address === 'two@example.test' ? smtpError(452, 'mailbox full') : undefined),
    })
    const channel = createChannel(
      'email',
      optionsFor(receiver.port, { to: 'one@example.test, two@example.test, three@example.test' }),
    )
    const error = await channel.send(sampleMessage(), never).then(
      () => undefined,
      (thrown: AnomstackError) => thrown,
    )
    expect(error).toMatchObject({ code: 'DELIVERY_FAILED', retryable: true })
    expect(error!.message).toContain('2 of 3 recipients were accepted')
    expect(error!.message).toContain('two@example.test')
    expect(error!.message).toContain('mailbox full')
    full = false
    await channel.send(sampleMessage(), never)
    await channel.send(sampleMessage({ id: 'another' }), never)
    expect(receiver.mails.map(({ recipients }) => recipients)).toEqual([
      ['one@example.test', 'three@example.test'],
      ['two@example.test'],
      ['one@example.test', 'two@example.test', 'three@example.test'],
    ])
  })

  it('report one that is rejected for good as final', async () => {
    receiver = await startSmtpReceiver({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('two') ? smtpError(550, 'no such user') : undefined),
    })
    await expect(send({ to: 'one@example.test, two@example.test' })).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      retryable: false,
    })
    expect(receiver.mails).toHaveLength(1)
  })
})

describe('message', () => {
  it('has text, HTML with the picture inline, and headers for filters', async () => {
    receiver = await startSmtpReceiver()
    await send({}, sampleMessage({ image: await sampleImage() }))
    const { mail, raw } = receiver.mails[0]!
    const [attachment] = mail.attachments
    expect(mail.messageId).toBe('<delivery-0001@example.test>')
    expect(mail.headers.get('x-anomstack-id')).toBe('delivery-0001')
    expect(mail.headers.get('x-anomstack-kind')).toBe('anomaly')
    expect(mail.headers.get('x-anomstack-batch')).toBe('sales')
    expect(mail.headers.get('x-anomstack-metric')).toBe('daily_revenue')
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail.text).toContain('metric_batch: sales')
    expect(attachment).toMatchObject({
      contentType: 'image/png',
      contentDisposition: 'inline',
      filename: 'daily_revenue.png',
    })
    expect(raw).toContain(`cid:${attachment!.cid}`)
    expect(pngSize(attachment!.content)).toEqual({ width: 800, height: 440 })
    expect(raw).toMatch(/Content-Type: multipart\/alternative/i)
  })

  it('shows hostile text as text', async () => {
    const page = await emailHtml(
      sampleMessage({
        title: '</title><script>alert(1)</script>',
        text: '<img src=x onerror=alert(1)>',
        tags: { '<i>': '"><b>' },
        link: 'javascript:alert(1)',
      }),
      undefined,
    )
    expect(page).not.toMatch(/<script|<img|<i>|<b>|javascript:/)
    expect(page).toContain('&lt;script&gt;')
  })

  it('lets no line end of a title or tag into the headers', async () => {
    receiver = await startSmtpReceiver()
    await send(
      {},
      sampleMessage({
        title: 'a\r\nBcc: x@evil.test\r\n',
        tags: { metric_batch: 'b\nX-Evil: 1', metric_name: '\u2028c\r' },
      }),
    )
    const { mail, recipients } = receiver.mails[0]!
    expect(recipients).toEqual(['one@example.test'])
    expect([...mail.headers.keys()]).not.toContain('x-evil')
    expect([...mail.headers.keys()]).not.toContain('bcc')
    expect(mail.subject).toBe('a Bcc: x@evil.test')
    expect(mail.headers.get('x-anomstack-batch')).toBe('b X-Evil: 1')
  })

  it('makes an address of an id that is none', async () => {
    receiver = await startSmtpReceiver()
    await send({}, sampleMessage({ id: 'a b>\r\n<ü' }))
    expect(receiver.mails[0]!.mail.messageId).toMatch(/^<[0-9a-f]{64}@example\.test>$/)
  })
})

describe('bugs of the original', () => {
  it('3.2: a comma-separated TO reaches every address, not only the first', async () => {
    receiver = await startSmtpReceiver()
    await send({ to: 'one@example.test,two@example.test , three@example.test' })
    expect(receiver.mails[0]!.recipients).toEqual([
      'one@example.test',
      'two@example.test',
      'three@example.test',
    ])
  })

  it('3.2: the picture has a proper type and disposition, without "octate-stream" and "Content-Decomposition"', async () => {
    receiver = await startSmtpReceiver()
    await send({}, sampleMessage({ image: await sampleImage() }))
    expect(receiver.mails[0]!.raw).not.toMatch(/octate|decomposition|octet-stream/i)
    expect(receiver.mails[0]!.raw).toMatch(/Content-Type: image\/png/i)
  })

  it('3.2: neither STARTTLS nor a login is forced on a server that has none', async () => {
    receiver = await startSmtpReceiver({ hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] })
    await send()
    expect(receiver.mails[0]).toMatchObject({ encrypted: false, user: undefined })
  })

  it('3.2: text of a model or a user is escaped in HTML', async () => {
    receiver = await startSmtpReceiver()
    await send({}, sampleMessage({ text: 'rose <b>fast</b> & <a href="https://evil.test">click</a>' }))
    expect(receiver.mails[0]!.mail.html).toContain('rose &lt;b&gt;fast&lt;/b&gt; &amp; &lt;a href=&quot;')
  })
})
