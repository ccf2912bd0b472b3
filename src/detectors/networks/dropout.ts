import type { Random } from '../../core/random.ts'
import { createRoom, type Layer } from './layer.ts'

/** In training sets each number to 0 with this probability, and enlarges the others so that their mean stays. */
export function dropout(rate: number, width: number, random: Random): Layer {
  const [room, back, kept] = [createRoom(width), createRoom(width), createRoom(width)]
  const larger = rate < 1 ? 1 / (1 - rate) : 0
  return {
    inputs: width,
    outputs: width,
    parameters: [],
    buffers: [],
    forward(rows, count, mode) {
      if (mode === 'scoring') return rows
      const [result, factors] = [room(count), kept(count)]
      for (let i = 0; i < count * width; i++) {
        const factor = random.next() < rate ? 0 : larger
        factors[i] = factor
        result[i] = rows[i]! * factor
      }
      return result
    },
    backward(gradient, count) {
      const [result, factors] = [back(count), kept(count)]
      for (let i = 0; i < count * width; i++) result[i] = gradient[i]! * factors[i]!
      return result
    },
  }
}
