import { randomBytes } from 'node:crypto'

/** The 48 bits that an id begins with. */
function timeBits(now: number): number {
  return Math.min(Math.max(0, Math.floor(now)), 2 ** 48 - 1)
}

/** What every id of this moment and later sorts after, and none before it. */
export function firstIdAt(time: number): string {
  const bits = timeBits(time).toString(16).padStart(12, '0')
  return `${bits.slice(0, 8)}-${bits.slice(8)}-`
}

let lastTime = -1
let counter = 0

/**
 * A new unique id in the form of a version 7 UUID (RFC 9562): ids sort by `now` (UTC epoch ms), and within one millisecond and
 * process in the order they were made.
 */
export function createId(now: number): string {
  const time = timeBits(now)
  if (time !== lastTime) {
    lastTime = time
    counter = 0
  } else counter++
  const random = randomBytes(8)
  // 26 bits of order within the millisecond, then 48 of chance.
  const order = counter % 2 ** 26
  const high = (0x7000 | (order >>> 14)).toString(16)
  const low = (0x8000 | (order & 0x3fff)).toString(16)
  return `${firstIdAt(time)}${high}-${low}-${random.toString('hex', 0, 6)}`
}
