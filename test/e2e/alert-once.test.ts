import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HttpReceiver, startHttpReceiver } from '../channels/http-receiver.ts'
import { type SmtpReceiver, startSmtpReceiver } from '../channels/smtp-receiver.ts'
import { eventually } from '../eventually.ts'
import { openShop, type WatchedShop } from './watched-shop.ts'

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
/** A spike stands out from its lags; the alert may come some points after it. */
const LAGS = 8 * 60_000

let mail: SmtpReceiver
let hook: HttpReceiver
let shop: WatchedShop

beforeEach(async () => {
  mail = await startSmtpReceiver()
  hook = await startHttpReceiver((_, response) => response.writeHead(204).end())
  shop = await openShop({ smtpPort: mail.port, webhookUrl: `${hook.url}/hook`, webhookSecret: SECRET })
})

afterEach(async () => {
  await shop.close()
  await hook.stop()
  await mail.stop()
})

/** Runs whose process was killed time and again are told of by e-mail as well. */
const alertMails = () => mail.mails.filter(({ mail: received }) => received.subject?.includes('anomalous'))

function expectOneAlertAtTheSpike() {
  const alerts = shop.rows('alert')
  expect(alerts).toHaveLength(1)
  const late = alerts[0]!.timestamp - shop.spikeAt()!
  expect(late).toBeGreaterThanOrEqual(0)
  expect(late).toBeLessThanOrEqual(LAGS)
}

describe('from a YAML file to a delivered alert', () => {
  it('a planted spike gives one alert row, one e-mail with its picture, and one signed webhook call', async () => {
    const child = shop.start()
    await eventually('the first score', () => shop.rows('score').length > 30)
    shop.plantSpike()
    await eventually('a webhook call', () => hook.calls.length > 0)
    await eventually('an e-mail', () => alertMails().length > 0)
    const scored = shop.rows('score').length
    await eventually('twenty more scores', () => shop.rows('score').length >= scored + 20)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])

    expectOneAlertAtTheSpike()
    expect(alertMails()).toHaveLength(1)
    const { mail: received } = alertMails()[0]!
    expect(received.subject).toMatch(/\[temperature\] looks anomalous/)
    const [picture] = received.attachments
    expect(picture?.contentType).toBe('image/png')
    expect(picture?.content.subarray(1, 4).toString()).toBe('PNG')
    expect(hook.calls).toHaveLength(1)
    const { headers, body } = hook.calls[0]!
    const verified = new Webhook(SECRET).verify(body.toString(), headers as Record<string, string>)
    expect(verified).toMatchObject({ type: 'alert.anomaly' })
  }, 240_000)

  it('killed with SIGKILL at twenty random moments, it raises still exactly one alert, and delivers it', async () => {
    // What happens before a metric has its first scores is history to learn from.
    const learning = shop.start()
    await eventually('the first score', () => shop.rows('score').length > 30)
    learning.kill('SIGKILL')
    await once(learning, 'exit')
    for (let kill = 0; kill < 20; kill++) {
      const child = shop.start()
      if (kill === 6) shop.plantSpike()
      await Promise.race([delay(600 + Math.random() * 2400), once(child, 'exit')])
      expect(child.exitCode).toBeNull()
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const child = shop.start()
    shop.plantSpike()
    await eventually('the alert', () => shop.rows('alert').length > 0)
    await eventually('a webhook call', () => hook.calls.length > 0)
    await eventually('an e-mail', () => alertMails().length > 0)
    const scored = shop.rows('score').length
    await eventually('twenty more scores', () => shop.rows('score').length >= scored + 20)
    child.kill('SIGTERM')
    await once(child, 'exit')

    expectOneAlertAtTheSpike()
    expect(new Set(alertMails().map(({ mail: received }) => received.messageId)).size).toBe(1)
    expect(new Set(hook.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    const scores = shop.rows('score').map(({ timestamp }) => timestamp)
    expect(new Set(scores).size).toBe(scores.length)
  }, 400_000)
})
