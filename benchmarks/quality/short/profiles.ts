import { DAILY_METRICS } from './daily-metrics.ts'
import { gauges } from './gauges.ts'
import { HOURLY_METRICS } from './hourly-metrics.ts'
import type { Profile } from './profile.ts'

/** All kinds of metrics that are simulated. */
export const PROFILES: readonly Profile[] = [
  ...DAILY_METRICS,
  ...gauges('daily'),
  ...HOURLY_METRICS,
  ...gauges('hourly'),
]
