import type { Message } from '../../src/channels/channel.ts'
import { drawSeries } from '../../src/charts/alert-chart.ts'
import { toPng } from '../../src/charts/rasterize.ts'

export const RAISED_AT = Date.UTC(2024, 2, 1, 6, 5)

/** A message as an alert makes it, without a picture. */
export function sampleMessage(changes: Partial<Message> = {}): Message {
  return {
    id: 'delivery-0001',
    kind: 'anomaly',
    title: '🔥 [daily_revenue] looks anomalous (2024-03-01 06:00) 🔥',
    text: 'The value 31,241 is far above the expected 16,080 to 18,880.\nLag 1 and lag 2 are unusual as well.',
    tags: {
      metric_batch: 'sales',
      metric_name: 'daily_revenue',
      metric_timestamp: '2024-03-01 06:00',
      alert_type: 'anomaly',
      team: 'growth',
    },
    link: 'https://anomstack.example.test/alerts/42?from=mail&to=now',
    details: { batch: 'sales', metric: 'daily_revenue', score: 0.97, nested: { list: [1, 2, null] } },
    raisedAt: RAISED_AT,
    ...changes,
  }
}

/** A chart of a few points as a picture of a message. */
export async function sampleImage(scale = 1): Promise<NonNullable<Message['image']>> {
  const timestamps = Array.from({ length: 40 }, (_, index) => RAISED_AT - (40 - index) * 3_600_000)
  const values = timestamps.map((_, index) => (index === 35 ? 90 : 50 + 10 * Math.sin(index / 4)))
  const svg = drawSeries({
    title: 'daily_revenue',
    timestamps,
    values,
    marks: [{ timestamp: timestamps[35]!, kind: 'anomaly' }],
  })
  return {
    filename: 'daily_revenue.png',
    png: await toPng(svg, { scale }),
    alt: 'daily_revenue over 40 hours',
  }
}

/** Width and height of a PNG, from its header; throws when the bytes are not a PNG. */
export function pngSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const buffer = Buffer.from(bytes)
  if (buffer.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n' || buffer.toString('latin1', 12, 16) !== 'IHDR')
    throw new Error('not a PNG')
  return { width: buffer.readUInt32BE(16), height: buffer.readUInt32BE(20) }
}
