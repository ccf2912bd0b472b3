import type { Variables } from './environment.ts'

/** The environment of this process: the only place that reads it. */
export function processEnvironment(): Variables {
  return process.env
}
