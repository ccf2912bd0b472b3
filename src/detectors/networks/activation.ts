import { createRoom, type Layer } from './layer.ts'

export const ACTIVATIONS = ['relu', 'leaky_relu', 'elu', 'sigmoid', 'tanh', 'softplus', 'identity'] as const
export type Activation = (typeof ACTIVATIONS)[number]

interface Curve {
  value(input: number): number
  /** Slope at an input, of which `output` is the value. */
  slope(input: number, output: number): number
}

const LEAK = 0.01
// Beyond it, softplus is its input.
const STEEP = 20

const CURVES: Readonly<Record<Activation, Curve>> = {
  relu: { value: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  leaky_relu: { value: (x) => (x > 0 ? x : LEAK * x), slope: (x) => (x > 0 ? 1 : LEAK) },
  elu: { value: (x) => (x > 0 ? x : Math.expm1(x)), slope: (x, y) => (x > 0 ? 1 : y + 1) },
  sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (_, y) => y * (1 - y) },
  tanh: { value: Math.tanh, slope: (_, y) => 1 - y * y },
  softplus: {
    value: (x) => (x > STEEP ? x : Math.log1p(Math.exp(x))),
    slope: (x) => 1 / (1 + Math.exp(-x)),
  },
  identity: { value: (x) => x, slope: () => 1 },
}

/** A curve applied to each number. */
export function activation(kind: Activation, width: number): Layer {
  const { value, slope } = CURVES[kind]
  const [room, back] = [createRoom(width), createRoom(width)]
  let last = new Float64Array()
  let outputs = new Float64Array()
  return {
    inputs: width,
    outputs: width,
    parameters: [],
    buffers: [],
    forward(rows, count) {
      last = rows as Float64Array<ArrayBuffer>
      outputs = room(count) as Float64Array<ArrayBuffer>
      // By far the most frequent one, without a call for each number.
      if (kind === 'relu') for (let i = 0; i < count * width; i++) outputs[i] = Math.max(0, rows[i]!)
      else for (let i = 0; i < count * width; i++) outputs[i] = value(rows[i]!)
      return outputs
    },
    backward(gradient, count) {
      const result = back(count)
      if (kind === 'relu') for (let i = 0; i < count * width; i++) result[i] = last[i]! > 0 ? gradient[i]! : 0
      else for (let i = 0; i < count * width; i++) result[i] = gradient[i]! * slope(last[i]!, outputs[i]!)
      return result
    },
  }
}
