import { describe, expect, it } from 'vitest'
import type { Alert, AlertKind } from '../../src/alerts/alert.ts'
import { alertTitle, composeMessage } from '../../src/alerts/compose-message.ts'
import { batchSettings } from '../../src/config/batch-settings.ts'
import type { Batch } from '../../src/config/project.ts'

const alert: Alert = {
  id: 'alert-1',
  batch: 'sales',
  metric: 'orders',
  kind: 'anomaly',
  timestamp: Date.UTC(2024, 0, 2, 3, 4),
  value: 95,
  score: 0.91,
  reason: 'moved by +60',
  details: { threshold_type: 'upper', threshold_value: 90 },
  raisedAt: Date.UTC(2024, 0, 2, 9),
  replayed: false,
}

const batchWith = (settings: object): Batch => ({
  name: 'sales',
  file: 'metrics/sales.yaml',
  settings: batchSettings.parse(settings),
  sources: [],
  variables: {},
})

const compose = (changes: Partial<Alert> = {}, batch: Batch | undefined = batchWith({})) =>
  composeMessage({
    alert: { ...alert, ...changes },
    batch,
    deliveryId: 'd-1',
    publicUrl: 'http://x.test/',
    png: undefined,
  })

describe('composeMessage', () => {
  it.each<[AlertKind, string]>([
    ['anomaly', '🔥 [orders] looks anomalous (2024-01-02 03:04) 🔥'],
    ['change', 'Δ [orders] looks changed (2024-01-02 03:04) Δ'],
    ['threshold', '⚠️ [orders] threshold upper bound breached (2024-01-02 03:04) ⚠️'],
    ['llm', '🤖 LLM says [orders] looks anomalous (2024-01-02 03:04) 🤖'],
    ['missing-data', '⏳ [orders] has no data (2024-01-02 03:04) ⏳'],
  ])('titles an alert of kind %s', (kind, title) => {
    expect(alertTitle({ ...alert, kind })).toBe(title)
  })

  it('carries tags, link, text and everything for machines', () => {
    expect(compose()).toMatchObject({
      id: 'd-1',
      text: 'moved by +60',
      link: 'http://x.test/alerts/alert-1',
      tags: {
        metric_batch: 'sales',
        metric_name: 'orders',
        metric_timestamp: '2024-01-02 03:04',
        alert_type: 'anomaly',
      },
      details: { id: 'alert-1', timestamp: '2024-01-02T03:04:00.000Z', value: 95, score: 0.91 },
    })
  })

  it('adds the threshold to the tags of a threshold alert', () => {
    expect(compose({ kind: 'threshold' }).tags).toMatchObject({
      threshold_type: 'upper',
      threshold_value: '90',
      metric_value: '95',
    })
  })

  it('lets tags of the batch win', () => {
    const batch = batchWith({ metric_tags: { orders: { priority: 1, alert_type: 'mine' } } })
    expect(compose({}, batch).tags).toMatchObject({ priority: '1', alert_type: 'mine' })
  })

  it('is not confused by metrics that are called like properties of objects', () => {
    for (const metric of ['__proto__', 'constructor', 'toString'])
      expect(Object.keys(compose({ metric }).tags)).toEqual([
        'metric_batch',
        'metric_name',
        'metric_timestamp',
        'alert_type',
      ])
  })

  it('names the picture so that every mail client and file system takes it', () => {
    const names = ['a/b\\c', '..', "it's 😀", 'x'.repeat(300)].map(
      (metric) =>
        composeMessage({
          alert: { ...alert, metric },
          batch: undefined,
          deliveryId: 'd',
          publicUrl: 'http://x.test',
          png: new Uint8Array([1]),
        }).image?.filename,
    )
    for (const name of names) expect(name).toMatch(/^[\p{L}\p{N}_][\p{L}\p{N}._-]{0,90}\.png$/u)
  })

  it('says why there is no picture', () => {
    const message = composeMessage({
      alert,
      batch: undefined,
      deliveryId: 'd',
      publicUrl: 'http://x.test',
      png: undefined,
      remark: 'No picture.',
    })
    expect(message.text).toBe('moved by +60\nNo picture.')
  })
})

describe('bugs of the original', () => {
  it('3.2: the title names the point that alerted, not the newest one', () => {
    expect(compose({ timestamp: Date.UTC(2023, 5, 1) }).title).toContain('2023-06-01 00:00')
  })
})
