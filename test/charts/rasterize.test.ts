import { describe, expect, it } from 'vitest'
import { toPng } from '../../src/charts/rasterize.ts'
import { pngSize } from '../channels/sample-message.ts'

const svgOf = (text: string, weight = '400') =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40" font-family="Inter, sans-serif"><rect width="300" height="40" fill="#fff"/><text x="5" y="25" font-size="16" font-weight="${weight}">${text}</text></svg>`
const png = async (text: string, weight?: string) =>
  Buffer.from(await toPng(svgOf(text, weight), { scale: 1 })).toString('base64')

describe('text', () => {
  it('is really drawn: other text gives another picture, and so does bold', async () => {
    const [none, one, other, bold] = await Promise.all([
      png(''),
      png('1111'),
      png('8888'),
      png('1111', '700'),
    ])
    expect(new Set([none, one, other, bold]).size).toBe(4)
  })

  it('of other scripts of the font is drawn', async () => {
    expect(await png('Ж')).not.toBe(await png('Ш'))
    expect(await png('Δ')).not.toBe(await png('Ω'))
    expect(await png('⚠')).not.toBe(await png(''))
  })

  it('loses emoji, and nothing else', async () => {
    expect(await png('🔥 hot 👩‍🚀🇩🇪 1️⃣ ⚠️ ©')).toBe(await png('hot 1 ⚠ ©'))
    expect(await png('#1 *')).not.toBe(await png(''))
  })
})

it('has the size of the document times the scale', async () => {
  expect(pngSize(await toPng(svgOf('x'), { scale: 2 }))).toEqual({ width: 600, height: 80 })
  expect(pngSize(await toPng(svgOf('x')))).toEqual({ width: 600, height: 80 })
})

it('fails when a font is missing, rather than to draw a picture without text', async () => {
  const missing = toPng(svgOf('x'), { fontFiles: ['/nowhere/Inter-Regular.ttf'] })
  await expect(missing).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('/nowhere/Inter-Regular.ttf'),
  })
})

it('rejects what is no document', async () => {
  await expect(toPng('<svg')).rejects.toThrow()
})
