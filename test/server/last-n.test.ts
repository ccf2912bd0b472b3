import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLastN } from '../../src/server/last-n.ts'

describe('parseLastN', () => {
  it.each([
    ['90n', { kind: 'points', points: 90 }],
    ['250', { kind: 'points', points: 250 }],
    ['24h', { kind: 'span', milliseconds: 24 * 3_600_000 }],
    ['45m', { kind: 'span', milliseconds: 45 * 60_000 }],
    ['7d', { kind: 'span', milliseconds: 7 * 86_400_000 }],
    ['7D', { kind: 'span', milliseconds: 7 * 86_400_000 }],
    [' 90N ', { kind: 'points', points: 90 }],
    ['007n', { kind: 'points', points: 7 }],
  ])('reads %j', (text, expected) => {
    expect(parseLastN(text)).toEqual(expected)
  })

  it.each([undefined, '', '  '])('takes the default for %j', (text) => {
    expect(parseLastN(text)).toEqual({ kind: 'points', points: 90 })
  })

  it.each([
    '0n',
    '0',
    '-5n',
    '1.5h',
    '90x',
    'n',
    'h',
    '7 d',
    '1e3',
    '٩n',
    '90n;drop',
    '<script>',
    '__proto__',
  ])('refuses %j and says how to write it', (text) => {
    expect(() => parseLastN(text)).toThrow(
      /use 90n \(newest points\), 24h \(hours\), 45m \(minutes\) or 7d \(days\)/,
    )
  })

  it('refuses more than it could ever show', () => {
    expect(() => parseLastN('100001n')).toThrow(/more than 100000 points/)
    expect(() => parseLastN('99999d')).toThrow(/more than ten years/)
    expect(() => parseLastN('9'.repeat(400))).toThrow(/is not a time window/)
  })

  it('never throws anything but INPUT_INVALID, and never gives an empty window', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,9}[nhmd]?$/)), (text) => {
        try {
          const window = parseLastN(text)
          expect(window.kind === 'points' ? window.points : window.milliseconds).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'INPUT_INVALID', status: 400 })
        }
      }),
    )
  })
})
