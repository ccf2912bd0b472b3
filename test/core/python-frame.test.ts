import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFrameReader, encodeFrame, floatsAt, type PythonFrame } from '../../src/core/python-frame.ts'

it('any messages come out as they went in, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.jsonValue(), fc.array(fc.double())), { maxLength: 4 }),
      fc.integer({ min: 1, max: 64 }),
      (messages, size) => {
        const bytes = Buffer.concat(
          messages.map(([header, numbers]) =>
            encodeFrame(header, [Float64Array.from(numbers), Float64Array.of(1, 2).subarray(1)]),
          ),
        )
        const frames: PythonFrame[] = []
        const read = createFrameReader((frame) => frames.push(frame))
        for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size))
        expect(frames.map(({ header }) => header)).toEqual(
          messages.map(([header]) => JSON.parse(JSON.stringify(header)) as unknown),
        )
        for (const [index, { body }] of frames.entries())
          expect(Array.from(floatsAt(body, 0, body.length / 8))).toEqual([...messages[index]![1], 2])
      },
    ),
    { numRuns: 200 },
  )
})

it('a body that is too short is an error', () => {
  for (const [start, count] of [
    [0, 3],
    [2, 1],
    [-1, 1],
    [0, -1],
    [Number.NaN, 1],
  ] as const)
    expect(() => floatsAt(new Uint8Array(16), start, count)).toThrow(RangeError)
})
