/** 0001-01-01 and 9999-12-31T23:59:59.999 in epoch milliseconds: what every engine can hold. */
export const EARLIEST = -62135596800000
export const LATEST = 253402300799999

const clamp = (timestamp: number): number => Math.min(Math.max(timestamp, EARLIEST), LATEST)

/** The first storable millisecond at or after a time. */
export function ceilTime(timestamp: number): number {
  return clamp(Math.ceil(timestamp))
}

/** The last storable millisecond at or before a time. */
export function floorTime(timestamp: number): number {
  return clamp(Math.floor(timestamp))
}
