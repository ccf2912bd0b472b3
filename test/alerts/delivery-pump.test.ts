import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/alerts/alert.ts'
import { composeMessage } from '../../src/alerts/compose-message.ts'
import { createDeliveryPump } from '../../src/alerts/delivery-pump.ts'
import { composeNotice } from '../../src/alerts/notice-message.ts'
import type { Channel, Message } from '../../src/channels/channel.ts'
import { deliveryError } from '../../src/channels/delivery-error.ts'
import type { Control } from '../../src/control/control.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { temporaryControls } from '../control/temporary-control.ts'
import { createFakeClock, type FakeClock } from '../fake-clock.ts'

const controls = temporaryControls()
const START = Date.UTC(2024, 0, 1)
const finding: Finding = {
  batch: 'sales',
  metric: 'orders',
  kind: 'anomaly',
  timestamp: START,
  value: 3,
  score: 0.9,
  reason: 'moved by -97',
  details: {},
}

/** A pump over a real control database; `channels` stand for what is outside. */
function pumpOf(
  control: Control,
  clock: FakeClock,
  channels: Readonly<Record<string, Channel>>,
  executor = 'one',
) {
  return createDeliveryPump({
    alerts: control.alerts,
    clock,
    logger: silentLogger,
    clockSpeed: 1,
    executor,
    channel: (name) => channels[name],
    composeNotice: (notice, { id }) => composeNotice(notice, { deliveryId: id, publicUrl: 'http://x.test' }),
    compose: async (alert, delivery) =>
      composeMessage({
        alert,
        batch: undefined,
        deliveryId: delivery.id,
        publicUrl: 'http://x.test',
        png: undefined,
      }),
  })
}

function receiver(fail: (attempt: number) => Error | undefined = () => undefined) {
  const messages: Message[] = []
  let attempts = 0
  const channel: Channel = {
    async send(message) {
      const error = fail(++attempts)
      if (error !== undefined) throw error
      messages.push(message)
    },
  }
  return { channel, messages, attempts: () => attempts }
}

const drained = new AbortController().signal
const busy = (attempt: number) =>
  attempt <= 2 ? deliveryError('mail', 'busy', { retryable: true }) : undefined

async function raised(channels: readonly string[]) {
  const clock = createFakeClock(START)
  const control = await controls.open()
  await control.alerts.raise([finding], { now: clock.now(), channels })
  return {
    clock,
    control,
    status: async () => (await control.alerts.deliveries({ limit: 10 })).map(({ status }) => status),
  }
}

describe('delivery pump', () => {
  it('takes an alert to each of its channels, once', async () => {
    const { clock, control, status } = await raised(['mail', 'hook'])
    const [mail, hook] = [receiver(), receiver()]
    const pump = pumpOf(control, clock, { mail: mail.channel, hook: hook.channel })
    expect(await pump.drain(drained)).toBe(2)
    expect(await pump.drain(drained)).toBe(0)
    expect([mail.messages.length, hook.messages.length]).toEqual([1, 1])
    expect(await status()).toEqual(['delivered', 'delivered'])
  })

  it('tries again later, with the same id, when a channel asks for it', async () => {
    const { clock, control, status } = await raised(['mail'])
    const ids = new Set<string>()
    const mail = receiver(busy)
    const noting: Channel = {
      send: (message, options) => {
        ids.add(message.id)
        return mail.channel.send(message, options)
      },
    }
    const pump = pumpOf(control, clock, { mail: noting })
    expect(await pump.drain(drained)).toBe(0)
    expect(await pump.drain(drained)).toBe(0)
    expect(mail.attempts()).toBe(1)
    await clock.advance(5_000)
    await pump.drain(drained)
    await clock.advance(15_000)
    expect(await pump.drain(drained)).toBe(1)
    expect(ids.size).toBe(1)
    expect(await status()).toEqual(['delivered'])
  })

  it('gives up at once on what no other attempt can mend, and says why', async () => {
    const { clock, control } = await raised(['mail'])
    const mail = receiver(() => deliveryError('mail', 'no such mailbox', { retryable: false }))
    await pumpOf(control, clock, { mail: mail.channel }).drain(drained)
    expect(await control.alerts.deliveries({ limit: 10 })).toMatchObject([
      { status: 'dead', attempts: 1, problem: 'channel mail: no such mailbox' },
    ])
  })

  it('gives up after half a day of attempts; a dead delivery can be sent again by hand', async () => {
    const { clock, control, status } = await raised(['mail'])
    let down = true
    const mail = receiver(() => (down ? deliveryError('mail', 'down', { retryable: true }) : undefined))
    const pump = pumpOf(control, clock, { mail: mail.channel })
    for (let hour = 0; hour < 24; hour++) {
      await pump.drain(drained)
      await clock.advance(4 * 3_600_000)
    }
    expect(await status()).toEqual(['dead'])
    down = false
    const [delivery] = await control.alerts.deliveries({ limit: 1 })
    expect(await control.alerts.retryDelivery(delivery!.id, clock.now())).toBe(true)
    expect(await pump.drain(drained)).toBe(1)
    expect(await status()).toEqual(['delivered'])
  })

  it('keeps what failed in one channel from the others', async () => {
    const { clock, control } = await raised(['bad', 'good', 'gone'])
    const good = receiver()
    const bad = receiver(() => new TypeError('a bug of a channel'))
    await pumpOf(control, clock, { bad: bad.channel, good: good.channel }).drain(drained)
    const outcomes = (await control.alerts.deliveries({ limit: 10 })).map(
      ({ channel, status }) => `${channel} ${status}`,
    )
    expect(outcomes.sort()).toEqual(['bad pending', 'gone skipped', 'good delivered'])
  })

  it('delivers once when two processes pump at the same moment', async () => {
    const { clock, control } = await raised(['mail'])
    const mail = receiver()
    const pumps = ['one', 'two'].map((name) => pumpOf(control, clock, { mail: mail.channel }, name))
    await Promise.all(pumps.map((pump) => pump.drain(drained)))
    expect(mail.messages).toHaveLength(1)
  })

  it('sends again what a process that died had taken, when its lease has ended', async () => {
    const { clock, control } = await raised(['mail'])
    await control.alerts.takeDue({ now: clock.now(), executor: 'dead', leaseMs: 90_000, limit: 1 })
    const mail = receiver()
    const pump = pumpOf(control, clock, { mail: mail.channel })
    expect(await pump.drain(drained)).toBe(0)
    await clock.advance(90_001)
    expect(await pump.drain(drained)).toBe(1)
  })

  it('leaves an interrupted send pending, so that it goes out at the next start', async () => {
    const { clock, control, status } = await raised(['mail'])
    const stop = new AbortController()
    const hanging: Channel = {
      send: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
          stop.abort(new Error('stopping'))
        }),
    }
    await pumpOf(control, clock, { mail: hanging }).drain(stop.signal)
    expect(await status()).toEqual(['pending'])
    const mail = receiver()
    expect(await pumpOf(control, clock, { mail: mail.channel }).drain(drained)).toBe(1)
  })

  it('runs in the background until it is stopped, woken by new alerts', async () => {
    const { clock, control } = await raised([])
    const mail = receiver()
    const pump = pumpOf(control, clock, { mail: mail.channel })
    pump.start()
    await control.alerts.raise([{ ...finding, timestamp: START + 1 }], {
      now: clock.now(),
      channels: ['mail'],
    })
    pump.wake()
    await expect.poll(() => mail.messages.length).toBe(1)
    await pump.stop(1_000)
  })
})
