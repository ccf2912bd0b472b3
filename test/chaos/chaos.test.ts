import { expect, it } from 'vitest'
import { chaos } from './chaos.ts'

it('workers killed and PostgreSQL restarted at random break no promise', async () => {
  const seed = Math.floor(Math.random() * 1_000_000)
  const report = await chaos({ seed, batches: 4, ticks: 12, workers: 2, say: () => {} })
  expect({ seed, broken: report.broken }).toEqual({ seed, broken: [] })
  expect(report.alerts).toBeGreaterThanOrEqual(4)
}, 600_000)
