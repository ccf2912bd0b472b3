import { randomBytes } from 'node:crypto'

let lastTime = -1
let counter = 0

/**
 * A new unique id in the form of a version 7 UUID (RFC 9562): ids sort by `now` (UTC epoch ms), and within one millisecond and
 * process in the order they were made.
 */
export function createId(now: number): string {
  const time = Math.min(Math.max(0, Math.floor(now)), 2 ** 48 - 1)
  if (time !== lastTime) {
    lastTime = time
    counter = 0
  } else counter++
  const random = randomBytes(8)
  // 26 bits of order within the millisecond, then 48 of chance.
  const order = counter % 2 ** 26
  const first = time.toString(16).padStart(12, '0')
  const high = (0x7000 | (order >>> 14)).toString(16)
  const low = (0x8000 | (order & 0x3fff)).toString(16)
  return `${first.slice(0, 8)}-${first.slice(8)}-${high}-${low}-${random.toString('hex', 0, 6)}`
}
