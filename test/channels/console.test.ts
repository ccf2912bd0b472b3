import { expect, it } from 'vitest'
import { createChannel } from './rig.ts'
import { sampleMessage } from './sample-message.ts'

async function printed(
  changes: Parameters<typeof sampleMessage>[0] = {},
  options: object = {},
): Promise<string> {
  let text = ''
  const channel = createChannel('console', options, (part) => {
    text += part
  })
  await channel.send(sampleMessage(changes), { signal: new AbortController().signal })
  return text
}

it('prints a message that people can read', async () => {
  expect(
    await printed({ recent: [1, 2, 3, null, 4, 9] }),
  ).toBe(`[2024-03-01 06:05:00 UTC] anomaly: 🔥 [daily_revenue] looks anomalous (2024-03-01 06:00) 🔥
    ▁▂▃ ▄█
    The value 31,241 is far above the expected 16,080 to 18,880.
    Lag 1 and lag 2 are unusual as well.
    metric_batch      sales
    metric_name       daily_revenue
    metric_timestamp  2024-03-01 06:00
    alert_type        anomaly
    team              growth
    https://anomstack.example.test/alerts/42?from=mail&to=now
`)
})

it('keeps the line of values within its width', async () => {
  const line = (
    await printed({ recent: Array.from({ length: 5000 }, (_, index) => Math.sin(index)) }, { width: 20 })
  ).split('\n')[1]!
  expect(line.trim()).toHaveLength(20)
})

it('lets no escape sequence, line end or direction override through', async () => {
  const text = await printed({
    title: '\u001B[2Jgone\u009B31m\r\nsecond\u202E',
    text: '\u001B]0;title\u0007a\rb',
    tags: { 'k\nk': 'v\u001Bv' },
  })
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202E]/u)
  expect(text.split('\n')[0]).toBe('[2024-03-01 06:05:00 UTC] anomaly: [2Jgone31m second')
})
