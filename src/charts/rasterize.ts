import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { renderAsync } from '@resvg/resvg-js'
import { AnomstackError } from '../core/errors.ts'

/** Where the package keeps its fonts, seen from `src/charts` and from `dist/charts` alike. */
const FONT_FILES = ['Inter-Regular.ttf', 'Inter-Bold.ttf'].map((name) =>
  fileURLToPath(new URL(`../../assets/fonts/${name}`, import.meta.url)),
)

/** Pictographs that Inter has. */
const DRAWN = String.raw`[\u00A9\u00AE\u2122\u2194-\u21AA\u25AA-\u25FE\u2600\u2605\u2606\u2661-\u2665\u26A0\u2713-\u2717\u2764]`

/** All others have no outline in a text font and would be drawn as empty boxes; the space after one goes with it. */
const PICTOGRAPH = String.raw`(?:(?!${DRAWN})\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier})`
const PICTOGRAPHS = new RegExp(
  String.raw`${PICTOGRAPH}(?:${PICTOGRAPH}|[\uFE0F\u20E3]|\u200D)* ?|[\uFE0F\u20E3]`,
  'gu',
)

/** Beyond the scripts that Inter has (Latin, Greek, Cyrillic, punctuation, symbols) the machine's own fonts help out. */
const OTHER_SCRIPTS =
  /[^\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]/u

async function assertPresent(files: readonly string[]): Promise<void> {
  for (const file of files) {
    try {
      await access(file)
    } catch (cause) {
      const problem =
        'a font of the charts is missing, and without it pictures would have no text: reinstall the package'
      throw new AnomstackError('NOT_FOUND', problem, { at: { file }, cause })
    }
  }
}

export interface RasterOptions {
  /** Pixels per CSS pixel; 2 by default. */
  readonly scale?: number
  /** TrueType files instead of the package's own. */
  readonly fontFiles?: readonly string[]
}

/** A PNG of an SVG document. Throws `NOT_FOUND` when a font file is missing. */
export async function toPng(svg: string, options: RasterOptions = {}): Promise<Uint8Array> {
  const fontFiles = options.fontFiles ?? FONT_FILES
  await assertPresent(fontFiles)
  const drawable = svg.replace(PICTOGRAPHS, '')
  const image = await renderAsync(drawable, {
    fitTo: { mode: 'zoom', value: options.scale ?? 2 },
    font: {
      loadSystemFonts: OTHER_SCRIPTS.test(drawable),
      fontFiles: [...fontFiles],
      defaultFontFamily: 'Inter',
      sansSerifFamily: 'Inter',
    },
    textRendering: 1,
    logLevel: 'off',
  })
  return new Uint8Array(image.asPng())
}
