import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliveryError, deliveryErrorFromStatus } from '../../src/channels/delivery-error.ts'
import { scrub, secretsOfUrl } from '../../src/channels/scrub.ts'

describe('status', () => {
  const retryable = (status: number) => deliveryErrorFromStatus('x', status).retryable

  it('is retryable for 408, 425, 429 and 5xx, and for nothing else', () => {
    const found = Array.from({ length: 500 }, (_, index) => index + 100).filter(retryable)
    expect(found).toEqual([408, 425, 429, ...Array.from({ length: 100 }, (_, index) => 500 + index)])
  })

  it('is told with its meaning, the time to wait and the beginning of the answer', () => {
    const { message } = deliveryErrorFromStatus('x', 429, { body: 'slow\u0000\ndown', retryAfter: '5' })
    expect(message).toBe(
      'channel x: answered 429 (too many messages at once); it asks to wait for 5 s: slow down',
    )
    expect(
      deliveryErrorFromStatus('x', 500, { body: 'y'.repeat(5000), retryAfter: 'soon' }).message.length,
    ).toBeLessThan(300)
  })
})

describe('secrets', () => {
  it('are not in the message, nor in the cause', () => {
    const cause = Object.assign(new Error('login s3cret-token failed'), {
      config: { password: 's3cret-token' },
    })
    const error = deliveryError('x', 'no: s3cret-token', {
      retryable: false,
      cause,
      secrets: ['s3cret-token'],
    })
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('s3cret-token')
    expect(JSON.stringify(error.cause) + String((error.cause as Error).stack)).not.toContain('s3cret-token')
    expect(error.message).toBe('channel x: no: ***')
  })

  it('are masked in any text, wherever they stand', () => {
    const text = fc.string({ maxLength: 60 })
    fc.assert(
      fc.property(text, fc.string({ minLength: 6, maxLength: 40 }), text, (before, secret, after) => {
        // The mask itself is no leak.
        fc.pre(!secret.includes('*'))
        expect(scrub(before + secret + after, [secret])).not.toContain(secret)
      }),
    )
  })

  it('are masked in part and encoded', () => {
    const secret = 'hunter2/hunter3&more'
    for (const form of [
      secret.slice(3),
      secret.slice(0, -3),
      secret.toUpperCase(),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ])
      expect(scrub(`a ${form} b`, [secret])).toMatch(/^a [*=/]+ b$/)
  })

  it('leave other text alone', () => {
    expect(scrub('nothing to see', ['s3cret'])).toBe('nothing to see')
    expect(scrub('nothing to see', ['', 'x'])).toBe('nothing to see')
  })

  it('of an address are its credentials, path and query', () => {
    expect(secretsOfUrl('https://me:p%40ssword@example.test/services/T0001/abcdef?token=qwerty&v=1')).toEqual(
      ['p%40ssword', 'p@ssword', 'services', 'T0001', 'abcdef', 'qwerty'],
    )
  })
})
