import { describe, expect, it } from 'vitest'
import { paintFor, printable } from '../../src/cli/paint.ts'

describe('colours', () => {
  it('are for terminals that have them, and for nothing else', () => {
    expect(paintFor({ isTTY: true, hasColors: () => true }).red('no')).toBe('\u001b[31mno\u001b[39m')
    expect(paintFor({ isTTY: true, hasColors: () => false }).red('no')).toBe('no')
    expect(paintFor({}).red('no')).toBe('no')
  })
})

describe('printable', () => {
  it('leaves nothing that moves the cursor or turns a line around, and keeps the rest', () => {
    expect(printable('a\u001b[2Kb\rc\r\nd\u202Ee\u0007 é 🔥')).toBe('a [2Kb\nc\nd e  é 🔥')
  })
})
