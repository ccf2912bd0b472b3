import type { Random } from '../../core/random.ts'
import { createRoom, type Layer, type Parameter } from './layer.ts'
import { multiplyBack, multiplyOuter, multiplyRows } from './products.ts'

export interface LinearOptions {
  readonly inputs: number
  readonly outputs: number
  readonly bias: boolean
  /** `rectifier`: uniform within ±√(6 / inputs), as He et al. 2015 for units behind a rectifier; `plain`: within ±1/√inputs. */
  readonly start: 'rectifier' | 'plain'
  readonly random: Random
}

/** A weighted sum of the inputs for each output. */
export function linear({ inputs, outputs, bias, start, random }: LinearOptions): Layer {
  const uniform = (length: number, bound: number): Parameter => ({
    values: Float64Array.from({ length }, () => bound * (2 * random.next() - 1)),
    gradient: new Float64Array(length),
  })
  const weights = uniform(inputs * outputs, Math.sqrt((start === 'rectifier' ? 6 : 1) / inputs))
  const biases = bias ? uniform(outputs, 1 / Math.sqrt(inputs)) : undefined
  const matrix = { values: weights.values, inputs, outputs }
  const [room, back] = [createRoom(outputs), createRoom(inputs)]
  let last = new Float64Array()
  return {
    inputs,
    outputs,
    parameters: biases === undefined ? [weights] : [weights, biases],
    buffers: [],
    forward(rows, count) {
      last = rows as Float64Array<ArrayBuffer>
      const result = room(count)
      multiplyRows(rows, count, matrix, result)
      if (biases !== undefined)
        for (let at = 0; at < count * outputs; at += outputs)
          for (let output = 0; output < outputs; output++) result[at + output]! += biases.values[output]!
      return result
    },
    backward(gradient, count) {
      multiplyOuter(gradient, last, { count, inputs, outputs }, weights.gradient)
      if (biases !== undefined) {
        biases.gradient.fill(0)
        for (let at = 0; at < count * outputs; at += outputs)
          for (let output = 0; output < outputs; output++) biases.gradient[output]! += gradient[at + output]!
      }
      const result = back(count)
      multiplyBack(gradient, count, matrix, result)
      return result
    },
  }
}
