import { createRoom, type Layer } from './layer.ts'

/** The sum of the numbers of each row, weighted by what a network, which gives as many numbers as it takes, makes of the row. */
export function weightedSum(weights: Layer): Layer {
  const width = weights.inputs
  const [room, back, forWeights] = [createRoom(1), createRoom(width), createRoom(width)]
  let last = new Float64Array()
  let made = new Float64Array()
  return {
    inputs: width,
    outputs: 1,
    parameters: weights.parameters,
    buffers: weights.buffers,
    forward(rows, count, mode) {
      last = rows as Float64Array<ArrayBuffer>
      made = weights.forward(rows, count, mode) as Float64Array<ArrayBuffer>
      const result = room(count)
      for (let row = 0, i = 0; row < count; row++) {
        let sum = 0
        for (let j = 0; j < width; j++, i++) sum += made[i]! * rows[i]!
        result[row] = sum
      }
      return result
    },
    backward(gradient, count) {
      const [result, passed] = [back(count), forWeights(count)]
      for (let row = 0, i = 0; row < count; row++)
        for (let j = 0; j < width; j++, i++) {
          passed[i] = gradient[row]! * last[i]!
          result[i] = gradient[row]! * made[i]!
        }
      const through = weights.backward(passed, count)
      for (let i = 0; i < count * width; i++) result[i]! += through[i]!
      return result
    },
  }
}
