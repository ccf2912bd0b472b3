/**
 * Instructions of WebAssembly in their binary form (WebAssembly core specification 2.0, section 5.4), written as expressions: each takes the
 * code of its operands and leaves its value for the one around it. Addresses are bytes.
 */
export type Code = readonly number[]

/** A parameter or local variable of a function. */
export interface Local {
  readonly get: Code
  set(value: Code): Code
}

/** The variable of this number, parameters first. */
export function local(index: number): Local {
  return { get: [0x20, index], set: (value) => [...value, 0x21, index] }
}

/** Repeats the body while the condition, which is looked at after it, holds. */
export function repeat(body: readonly Code[], condition: Code): Code {
  return [0x03, EMPTY, ...body.flat(), ...condition, 0x0d, 0, END]
}

/** The body, if the condition holds. */
export function when(condition: Code, body: readonly Code[]): Code {
  return [...condition, 0x04, EMPTY, ...body.flat(), END]
}

export const END = 0x0b
const EMPTY = 0x40

/** Whole numbers of 32 bits. */
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)],
  loadByte: (address: Code, offset = 0): Code => [...address, 0x2d, 0, ...unsigned(offset)],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  shiftLeft: (a: Code, by: Code): Code => [...a, ...by, 0x74],
  less: (a: Code, b: Code): Code => [...a, ...b, 0x49],
}

/** Whole numbers of 64 bits. */
export const i64 = {
  from: (value: Code): Code => [...value, 0xad],
  store: (address: Code, value: Code): Code => [...address, ...value, 0x37, 3, 0],
  or: (a: Code, b: Code): Code => [...a, ...b, 0x84],
  shiftLeft: (a: Code, by: Code): Code => [...a, ...by, 0x86],
}

/** Doubles. */
export const f64 = {
  load: (address: Code): Code => [...address, 0x2b, 3, 0],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    0x39,
    3,
    ...unsigned(offset),
  ],
  add: (a: Code, b: Code): Code => [...a, ...b, 0xa0],
}

/** Vectors of 128 bits. */
export const v128 = {
  constant: (bytes: readonly number[]): Code => [...wide(12), ...bytes],
  load: (address: Code, offset = 0): Code => [...address, ...wide(0), 4, ...unsigned(offset)],
  /** The same two bytes eight times. */
  loadPairEverywhere: (address: Code, offset = 0): Code => [...address, ...wide(8), 1, ...unsigned(offset)],
  /** Eight bytes, and zeros above them. */
  loadLow: (address: Code): Code => [...address, ...wide(93), 3, 0],
  /** Eight bytes above the lower ones of `low`. */
  loadHigh: (address: Code, low: Code): Code => [...address, ...low, ...wide(87), 3, 0, 1],
  store: (address: Code, value: Code, offset = 0): Code => [
    ...address,
    ...value,
    ...wide(11),
    4,
    ...unsigned(offset),
  ],
  and: (a: Code, b: Code): Code => [...a, ...b, ...wide(78)],
  or: (a: Code, b: Code): Code => [...a, ...b, ...wide(80)],
  xor: (a: Code, b: Code): Code => [...a, ...b, ...wide(81)],
  /** The bits of `a` where those of `mask` are set, and of `b` elsewhere. */
  choose: (a: Code, b: Code, mask: Code): Code => [...a, ...b, ...mask, ...wide(82)],
}

/** Vectors of sixteen bytes. */
export const i8x16 = {
  /** The bytes of `a` that `places` names. */
  pick: (a: Code, places: Code): Code => [...a, ...places, ...wide(14)],
  /** All bits of a byte where the two are equal, which is -1, otherwise none. */
  equal: (a: Code, b: Code): Code => [...a, ...b, ...wide(35)],
  add: (a: Code, b: Code): Code => [...a, ...b, ...wide(110)],
  subtract: (a: Code, b: Code): Code => [...a, ...b, ...wide(113)],
}

/** Vectors of two doubles. */
export const f64x2 = {
  /** This number twice. */
  constant: (value: number): Code => v128.constant([...new Uint8Array(Float64Array.of(value, value).buffer)]),
  /** The same double twice. */
  loadEverywhere: (address: Code, offset = 0): Code => [...address, ...wide(10), 3, ...unsigned(offset)],
  /** The double at this place, which is 0 or 1. */
  lane: (a: Code, place: number): Code => [...a, ...wide(33), place],
  absolute: (a: Code): Code => [...a, ...wide(236)],
  add: (a: Code, b: Code): Code => [...a, ...b, ...wide(240)],
  subtract: (a: Code, b: Code): Code => [...a, ...b, ...wide(241)],
  multiply: (a: Code, b: Code): Code => [...a, ...b, ...wide(242)],
  /** All bits of a double where that of `a` is below that of `b`, otherwise none. */
  below: (a: Code, b: Code): Code => [...a, ...b, ...wide(73)],
  /** Two bits, the lower one first: where the double of `a` is not above that of `b`. */
  notAbove: (a: Code, b: Code): Code => [...a, ...b, ...wide(75), ...wide(196)],
}

const wide = (instruction: number): Code => [0xfd, ...unsigned(instruction)]

/** LEB128. */
export function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)]
}
