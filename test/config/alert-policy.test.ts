import { describe, expect, it } from 'vitest'
import { batchText, faultLines, load } from './project-folder.ts'

async function loadWith(files: Readonly<Record<string, string>>, ...lines: string[]) {
  const project = await load({ 'metrics/sales.yaml': batchText(...lines), ...files })
  return {
    faults: faultLines(project).map((line) => line.replace('metrics/sales.yaml:', '')),
    settings: project.batches.get('sales')?.settings,
    variables: project.batches.get('sales')?.variables,
  }
}

describe('keys of the alert policy', () => {
  it('may hold for a batch, or by metric', async () => {
    const { faults, settings } = await loadWith(
      {},
      'alert_budget: 1 per week',
      'alert_direction: {orders: down}',
      'min_change: 5',
      'min_change_percent: {orders: 10}',
      'valid_range: {min: 0}',
      'only_if: requests > 100',
      'new_normal_from: {orders: 2026-03-01}',
    )
    expect(faults).toEqual([])
    expect(settings).toMatchObject({
      alert_threshold: null,
      alert_direction: { orders: 'down' },
      valid_range: { min: 0 },
      new_normal_from: { orders: '2026-03-01' },
    })
  })

  it.each<[string, string]>([
    [
      'alert_budget: weekly',
      '3:15: error: alert_budget: "weekly" is not a number of alerts per hour, day, week, month or year, such as 1 per week or 2 per 4 weeks',
    ],
    [
      'only_if: {m: requests are many}',
      '3:14: error: only_if: "requests are many" is not a condition on a metric, such as requests > 100; operators are > >= < <= == !=',
    ],
    ['valid_range: {min: 5, max: 1}', '3:14: error: valid_range: min 5 is above max 1'],
    ['valid_range: {m: {min: 5, max: 1}}', '3:18: error: valid_range: min 5 is above max 1'],
    ['valid_range: {}', '3:14: error: valid_range: expected min, max, or both'],
    [
      'new_normal_from: soon',
      '3:18: error: new_normal_from: "soon" is not a time, such as 2026-03-01 or 2026-03-01T08:00:00Z',
    ],
    ['valid_range: {mn: 5}', '3:15: error: unknown key "valid_range.mn"'],
    ['alert_min_duration: 0', '3:21: error: alert_min_duration: expected at least 1'],
  ])('%s', async (line, fault) => {
    expect((await loadWith({}, line)).faults).toEqual([fault])
  })

  it.each(['alert_direction: sideways', 'min_change: {m: much}', 'min_change: -1'])(
    '%s is refused where it stands',
    async (line) => {
      const { faults } = await loadWith({}, line)
      expect(faults).toHaveLength(1)
      expect(faults[0]).toMatch(new RegExp(`^3:\\d+: error: ${line.split(':')[0]!}.*expected`))
    },
  )
})

describe('alert_threshold and alert_budget', () => {
  it('are one too many in one place', async () => {
    expect((await loadWith({}, 'alert_threshold: 0.9', 'alert_budget: 1 per day')).faults).toEqual([
      '4:15: error: alert_budget: takes the place of alert_threshold, which is set too; leave one of them out',
    ])
  })

  it('replace each other from one layer to the next', async () => {
    const threshold = { 'metrics/defaults/defaults.yaml': 'alert_threshold: 0.8\n' }
    expect((await loadWith(threshold, 'alert_budget: 1 per day')).settings).toMatchObject({
      alert_threshold: null,
      alert_budget: '1 per day',
    })
    const budget = { 'metrics/defaults/defaults.yaml': 'alert_budget: 1 per day\n' }
    expect((await loadWith(budget, 'anomaly_threshold: 0.9')).settings).toMatchObject({
      alert_threshold: 0.9,
      alert_budget: null,
    })
  })

  it('give SQL of the original a number to compare with', async () => {
    expect((await loadWith({})).variables).toMatchObject({ alert_threshold: 0.8 })
    expect((await loadWith({}, 'alert_threshold: 0.7')).variables).toMatchObject({ alert_threshold: 0.7 })
  })
})
