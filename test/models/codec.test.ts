import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeModel, encodeModel } from '../../src/models/codec.ts'
import { compressLags, expandLags } from '../../src/models/lag-matrix.ts'
import { fitMetric, type MetricModel } from '../../src/models/metric-model.ts'
import { unpack } from '../../src/models/packed.ts'
import { describeState, readState } from '../../src/models/state-codec.ts'
import { defaultSpec, makeSeries } from './samples.ts'

function modelOf(points: number, metric = 'm'): MetricModel {
  const result = fitMetric(makeSeries(points), defaultSpec, { metric })
  if (result.status !== 'fitted') throw new Error('learning')
  return result.model
}

describe('lag matrices', () => {
  const cell = fc.constantFrom(0, -0, 1, 2.5, Number.NaN, Number.POSITIVE_INFINITY)

  it('come back bit for bit, whatever is in them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(cell, { maxLength: 60 }), (columns, cells) => {
        const rows = Math.floor(cells.length / columns)
        const matrix = { data: Float64Array.from(cells.slice(0, rows * columns)), rows, columns }
        const runs = compressLags(matrix)
        if (runs) expect(expandLags(runs, rows, columns)).toEqual(matrix)
      }),
    )
  })

  it('take one value a row, and some more at each break', () => {
    const lag = (series: readonly number[]) =>
      series.slice(2).flatMap((value, i) => [value, series[i + 1]!, series[i]!])
    const data = Float64Array.from([...lag([1, 2, 3, 4, 5, 6]), ...lag([9, 8, 7, 6, 5])])
    const runs = compressLags({ data, rows: 7, columns: 3 })!
    expect([...runs.starts]).toEqual([0, 4])
    expect([...runs.values]).toEqual([1, 2, 3, 4, 5, 6, 9, 8, 7, 6, 5])
    expect(expandLags(runs, 7, 3).data).toEqual(data)
  })
})

describe('states', () => {
  it('keep every kind of value', () => {
    const state = {
      text: 'a "quote"',
      yes: true,
      no: false,
      number: 0.1 + 0.2,
      nan: Number.NaN,
      infinity: Number.NEGATIVE_INFINITY,
      zero: -0,
      floats: Float32Array.of(1.5, Number.NaN),
      bytes: Uint8Array.of(1, 2, 3),
      shorts: Int16Array.of(-1),
      none: new Float64Array(),
      matrix: { data: Float64Array.of(1, 2, 3, 4), rows: 2, columns: 2 },
      ['__proto__']: 1,
    }
    const parts: Uint8Array[] = []
    let length = 0
    const description = describeState(state, (bytes) => {
      const at = length
      const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8)
      padded.set(bytes)
      parts.push(padded)
      length += padded.length
      return at
    })
    const body = Buffer.concat(parts)
    const back = readState(JSON.parse(JSON.stringify(description)), body)
    expect(back).toEqual(state)
    expect(Object.hasOwn(back, '__proto__')).toBe(true)
    expect(Object.is(back.zero, -0)).toBe(true)
  })
})

describe('encodeModel', () => {
  it('takes at most 64 KB for the default detectors and 2,500 points', () => {
    expect(encodeModel(modelOf(2500)).length).toBeLessThan(24 * 1024)
  })

  it('comes back the same, from any address in memory', () => {
    const model = modelOf(300, 'na/me "\n🔥')
    const bytes = encodeModel(model)
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    const back = decodeModel(shifted.subarray(3))
    expect(encodeModel(back)).toEqual(bytes)
    expect(back).toMatchObject({ metric: 'na/me "\n🔥', from: model.from, to: model.to, count: 300 })
  })

  it('holds of a model what it always held, and of a detector of windows how long they are', () => {
    const detectorsOf = (model: MetricModel) => {
      const { header } = unpack('ANM1', encodeModel(model))
      return (header as { readonly detectors: readonly object[] }).detectors.map(Object.keys)
    }
    expect(detectorsOf(modelOf(40))).toEqual([
      ['name', 'tag', 'scale', 'state'],
      ['name', 'tag', 'scale', 'state'],
    ])
    const detectors = [{ name: 'SubKNN', tag: 'windows', params: { window_size: 8 } }]
    const result = fitMetric(
      makeSeries(90),
      { ...defaultSpec, detectors, combination: 'majority_vote' },
      { metric: 'm' },
    )
    if (result.status !== 'fitted') throw new Error('learning')
    expect(detectorsOf(result.model)).toEqual([['name', 'tag', 'scale', 'window', 'threshold', 'state']])
    const [detector] = decodeModel(encodeModel(result.model)).detectors
    expect(detector).toMatchObject({ window: 8, threshold: result.model.detectors[0]!.threshold })
    expect(encodeModel(result.model).length, 'one value a window, not a window').toBeLessThan(3000)
  })

  it('finds every damaged byte and every cut', () => {
    const bytes = encodeModel(modelOf(40))
    const invalid = expect.objectContaining({ code: 'MODEL_INVALID' })
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice()
      damaged[at] = damaged[at]! ^ 0x10
      expect(() => decodeModel(damaged)).toThrow(invalid)
    }
    for (const length of [0, 3, 15, 16, 100, bytes.length - 1])
      expect(() => decodeModel(bytes.slice(0, length))).toThrow(invalid)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => decodeModel(noise)).toThrow(invalid)
      }),
    )
  })
})
