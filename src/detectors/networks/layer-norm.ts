import { createRoom, type Layer, type Parameter } from './layer.ts'

const EPSILON = 1e-5

/** Brings the numbers of each row to mean 0 and variance 1, then to a learned scale and shift (Ba, Kiros, Hinton 2016). */
export function layerNorm(width: number): Layer {
  const parameter = (value: number): Parameter => ({
    values: new Float64Array(width).fill(value),
    gradient: new Float64Array(width),
  })
  const [scale, shift] = [parameter(1), parameter(0)]
  const [room, back, normals, inverses] = [
    createRoom(width),
    createRoom(width),
    createRoom(width),
    createRoom(1),
  ]
  return {
    inputs: width,
    outputs: width,
    parameters: [scale, shift],
    buffers: [],
    forward(rows, count) {
      const [result, normal, inverse] = [room(count), normals(count), inverses(count)]
      for (let row = 0, at = 0; row < count; row++, at += width) {
        let sum = 0
        for (let j = 0; j < width; j++) sum += rows[at + j]!
        const mean = sum / width
        let squares = 0
        for (let j = 0; j < width; j++) squares += (rows[at + j]! - mean) ** 2
        const factor = 1 / Math.sqrt(squares / width + EPSILON)
        inverse[row] = factor
        for (let j = 0; j < width; j++) {
          normal[at + j] = (rows[at + j]! - mean) * factor
          result[at + j] = normal[at + j]! * scale.values[j]! + shift.values[j]!
        }
      }
      return result
    },
    backward(gradient, count) {
      const [result, normal, inverse] = [back(count), normals(count), inverses(count)]
      scale.gradient.fill(0)
      shift.gradient.fill(0)
      for (let row = 0, at = 0; row < count; row++, at += width) {
        let sum = 0
        let product = 0
        for (let j = 0; j < width; j++) {
          const own = gradient[at + j]!
          scale.gradient[j]! += own * normal[at + j]!
          shift.gradient[j]! += own
          sum += own * scale.values[j]!
          product += own * scale.values[j]! * normal[at + j]!
        }
        for (let j = 0; j < width; j++)
          result[at + j] =
            inverse[row]! * (gradient[at + j]! * scale.values[j]! - (sum + normal[at + j]! * product) / width)
      }
      return result
    },
  }
}
