import { createRoom, type Layer, type Parameter } from './layer.ts'

const EPSILON = 1e-5
const MOMENTUM = 0.1

/**
 * Brings each number to mean 0 and variance 1 over the rows of a batch, then to a learned scale and shift (Ioffe, Szegedy 2015); in scoring with
 * running means and variances in place of the batch's.
 */
export function batchNorm(width: number): Layer {
  const parameter = (value: number): Parameter => ({
    values: new Float64Array(width).fill(value),
    gradient: new Float64Array(width),
  })
  const [scale, shift] = [parameter(1), parameter(0)]
  const [means, variances] = [new Float64Array(width), new Float64Array(width).fill(1)]
  const [room, back, centred] = [createRoom(width), createRoom(width), createRoom(width)]
  const inverse = new Float64Array(width)

  function train(rows: Float64Array, count: number): Float64Array {
    const [result, normal] = [room(count), centred(count)]
    for (let j = 0; j < width; j++) {
      let sum = 0
      for (let i = j; i < count * width; i += width) sum += rows[i]!
      const mean = sum / count
      let squares = 0
      for (let i = j; i < count * width; i += width) squares += (rows[i]! - mean) ** 2
      const factor = 1 / Math.sqrt(squares / count + EPSILON)
      inverse[j] = factor
      means[j] = (1 - MOMENTUM) * means[j]! + MOMENTUM * mean
      variances[j] = (1 - MOMENTUM) * variances[j]! + (MOMENTUM * squares) / Math.max(1, count - 1)
      const [by, plus] = [scale.values[j]!, shift.values[j]!]
      for (let i = j; i < count * width; i += width) {
        normal[i] = (rows[i]! - mean) * factor
        result[i] = normal[i]! * by + plus
      }
    }
    return result
  }

  function score(rows: Float64Array, count: number): Float64Array {
    const result = room(count)
    for (let j = 0; j < width; j++) {
      const by = scale.values[j]! / Math.sqrt(variances[j]! + EPSILON)
      for (let i = j; i < count * width; i += width)
        result[i] = (rows[i]! - means[j]!) * by + shift.values[j]!
    }
    return result
  }

  return {
    inputs: width,
    outputs: width,
    parameters: [scale, shift],
    buffers: [means, variances],
    forward: (rows, count, mode) => (mode === 'training' ? train(rows, count) : score(rows, count)),
    backward(gradient, count) {
      const [result, normal] = [back(count), centred(count)]
      for (let j = 0; j < width; j++) {
        let sum = 0
        let product = 0
        for (let i = j; i < count * width; i += width) {
          sum += gradient[i]!
          product += gradient[i]! * normal[i]!
        }
        shift.gradient[j] = sum
        scale.gradient[j] = product
        const by = scale.values[j]! * inverse[j]!
        for (let i = j; i < count * width; i += width)
          result[i] = by * (gradient[i]! - sum / count - (normal[i]! * product) / count)
      }
      return result
    },
  }
}
