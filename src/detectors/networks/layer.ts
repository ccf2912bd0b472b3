/** A part of a neural network that turns rows of one width into rows of another. Rows are row-major. */
export interface Layer {
  readonly inputs: number
  readonly outputs: number
  /** The outputs of rows, valid until the next call. In training it remembers what `backward` needs, and dropout and batches have their effect. */
  forward(rows: Float64Array, count: number, mode: Mode): Float64Array
  /** The gradient of the loss for the inputs of the last `forward` in training, from that for its outputs, which must not stand in the place of these; sets the gradients of the parameters. Valid until the next call. */
  backward(gradient: Float64Array, count: number): Float64Array
  readonly parameters: readonly Parameter[]
  /** Numbers that training changes without a gradient, such as running means. */
  readonly buffers: readonly Float64Array[]
}

export type Mode = 'training' | 'scoring'

export interface Parameter {
  readonly values: Float64Array
  readonly gradient: Float64Array
}

/** Room for rows that grows as it is needed. */
export function createRoom(width: number): (count: number) => Float64Array {
  let room = new Float64Array()
  return (count) => {
    if (room.length < count * width) room = new Float64Array(count * width)
    return room
  }
}
