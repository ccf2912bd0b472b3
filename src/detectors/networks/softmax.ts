import { createRoom, type Layer } from './layer.ts'

/** Makes the numbers of each row positive ones that add up to 1. */
export function softmax(width: number): Layer {
  const [room, back] = [createRoom(width), createRoom(width)]
  return {
    inputs: width,
    outputs: width,
    parameters: [],
    buffers: [],
    forward(rows, count) {
      const result = room(count)
      for (let at = 0; at < count * width; at += width) {
        let largest = Number.NEGATIVE_INFINITY
        for (let j = 0; j < width; j++) largest = Math.max(largest, rows[at + j]!)
        let sum = 0
        for (let j = 0; j < width; j++) {
          const size = Math.exp(rows[at + j]! - largest)
          result[at + j] = size
          sum += size
        }
        for (let j = 0; j < width; j++) result[at + j]! /= sum
      }
      return result
    },
    backward(gradient, count) {
      const [result, shares] = [back(count), room(count)]
      for (let at = 0; at < count * width; at += width) {
        let mean = 0
        for (let j = 0; j < width; j++) mean += gradient[at + j]! * shares[at + j]!
        for (let j = 0; j < width; j++) result[at + j] = shares[at + j]! * (gradient[at + j]! - mean)
      }
      return result
    },
  }
}
