import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/alerts/alert.ts'
import { decideRecoveries } from '../../src/alerts/decide-recoveries.ts'
import { recoveryNotice } from '../../src/alerts/recovery-notice.ts'

const alertAt = (timestamp: number, more: Partial<Alert> = {}): Alert => ({
  id: `a${timestamp}`,
  batch: 'b',
  metric: 'm',
  kind: 'anomaly',
  timestamp,
  value: 1,
  reason: '',
  details: {},
  raisedAt: timestamp,
  replayed: false,
  ...more,
})

/** `x` is at or above the level, `.` below; points stand at 10, 20, … */
const recoveries = (text: string, alerts: readonly Alert[], recoverN = 2) =>
  decideRecoveries(alerts, {
    timestamps: Float64Array.from(text, (_, index) => (index + 1) * 10),
    exceeds: (index) => text[index] === 'x',
    recoverN,
  }).map(({ alert, at, seen }) => [alert.timestamp, at, seen])

describe('decideRecoveries', () => {
  it('takes an anomaly for over after so many points in a row below, since the first of them', () => {
    expect(recoveries('.x.x..', [alertAt(20)])).toEqual([[20, 50, true]])
    expect(recoveries('.x.x.', [alertAt(20)])).toEqual([])
    expect(recoveries('.x...', [alertAt(20)], 1)).toEqual([[20, 30, true]])
  })

  it('leaves alone what is over, or was restated', () => {
    expect(recoveries('.x...', [alertAt(20, { recoveredAt: 30 }), alertAt(20, { revisedAt: 1 })])).toEqual([])
  })

  it('knows an anomaly that began before its points', () => {
    expect(recoveries('xx...', [alertAt(1)])).toEqual([[1, 30, true]])
    expect(recoveries('.....', [alertAt(1)])).toEqual([[1, 10, false]])
  })

  it('finds nothing in no points', () => {
    expect(recoveries('', [alertAt(1)])).toEqual([])
  })
})

it('a recovery is told in plain words', () => {
  const alert = alertAt(Date.UTC(2024, 0, 1, 10))
  const notice = recoveryNotice({ alert, at: Date.UTC(2024, 0, 1, 11, 30) })
  expect(notice).toMatchObject({ kind: 'anomaly', subject: 'b: m', since: alert.timestamp })
  expect(notice.title).toContain('[m] is as usual again (2024-01-01 11:30)')
  expect(notice.text).toContain('1h30m after it was found')
})
