import { AnomstackError } from '../../core/errors.ts'
import type { Layer } from './layer.ts'

/** Layers one behind the other; never empty. */
export function network(layers: readonly Layer[]): Layer {
  const backwards = layers.toReversed()
  return {
    inputs: layers[0]!.inputs,
    outputs: layers.at(-1)!.outputs,
    parameters: layers.flatMap(({ parameters }) => parameters),
    buffers: layers.flatMap(({ buffers }) => buffers),
    forward: (rows, count, mode) =>
      layers.reduce((current, layer) => layer.forward(current, count, mode), rows),
    backward: (gradient, count) =>
      backwards.reduce((current, layer) => layer.backward(current, count), gradient),
  }
}

/** All numbers of a network, rounded to 32 bits as they are stored; the network has the rounded ones from then on. */
export function takeNumbers({ parameters, buffers }: Layer): Float32Array {
  const arrays = [...parameters.map(({ values }) => values), ...buffers]
  const numbers = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const array of arrays) {
    numbers.set(array, at)
    array.set(numbers.subarray(at, at + array.length))
    at += array.length
  }
  return numbers
}

/** `takeNumbers` of a trained network; throws `TRAINING_IMPOSSIBLE` when training has led beyond what 32 bits hold. */
export function takeFinite(detector: string, net: Layer): Float32Array {
  const numbers = takeNumbers(net)
  if (!numbers.every(Number.isFinite))
    throw new AnomstackError(
      'TRAINING_IMPOSSIBLE',
      `${detector} came to weights that are not finite: take shorter steps, or bring the columns to one scale`,
    )
  return numbers
}

/** Gives a network the numbers of another one of the same layers; false when there are not as many, or some are not finite. */
export function giveNumbers({ parameters, buffers }: Layer, numbers: Float32Array): boolean {
  const arrays = [...parameters.map(({ values }) => values), ...buffers]
  const wanted = arrays.reduce((sum, { length }) => sum + length, 0)
  if (numbers.length !== wanted || !numbers.every(Number.isFinite)) return false
  let at = 0
  for (const array of arrays) {
    array.set(numbers.subarray(at, at + array.length))
    at += array.length
  }
  return true
}

/** Keeps the numbers of a network as they are now, at the start and whenever `keep` is called; `restore` gives them back. */
export function keepNumbers({ parameters, buffers }: Layer): { keep(): void; restore(): void } {
  const arrays = [...parameters.map(({ values }) => values), ...buffers]
  const kept = arrays.map((array) => array.slice())
  return {
    keep() {
      arrays.forEach((array, i) => {
        kept[i]!.set(array)
      })
    },
    restore() {
      arrays.forEach((array, i) => {
        array.set(kept[i]!)
      })
    },
  }
}
