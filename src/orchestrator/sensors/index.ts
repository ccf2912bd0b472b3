import { configChange } from './config-change.ts'
import { freshness } from './freshness.ts'
import { heartbeat } from './heartbeat.ts'
import { overdue } from './overdue.ts'
import { overdueDeliveries } from './overdue-deliveries.ts'
import { runFailure } from './run-failure.ts'
import type { Sensor, SensorServices } from './sensor.ts'
import { stuckRuns } from './stuck-runs.ts'
import { userSensors } from './user-sensors.ts'

/** Every sensor. */
export const sensors: readonly ((services: SensorServices) => Sensor)[] = [
  configChange,
  freshness,
  heartbeat,
  overdue,
  overdueDeliveries,
  runFailure,
  stuckRuns,
  userSensors,
]
