/** Advance widths of Inter, U+0020 to U+007E, in thousandths of the font size. */
const REGULAR = [
  281, 288, 466, 633, 642, 982, 644, 300, 365, 365, 501, 662, 288, 460, 288, 360, 631, 407, 610, 618, 646,
  593, 620, 566, 619, 620, 288, 302, 662, 662, 662, 511, 966, 690, 654, 730, 722, 601, 590, 746, 743, 269,
  571, 672, 565, 903, 753, 765, 639, 765, 644, 642, 646, 744, 690, 985, 682, 679, 629, 365, 360, 365, 471,
  456, 323, 562, 612, 571, 612, 583, 370, 613, 591, 242, 242, 549, 242, 876, 591, 600, 612, 612, 376, 528,
  327, 591, 562, 818, 546, 562, 552, 426, 333, 426, 662,
]
const BOLD_FACTOR = 1.045
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE4F\uFF00-\uFF60\u{1F000}-\u{3FFFD}]/u
const ZERO = /\p{Mn}|\p{Cf}/u

/** About how wide a text is in CSS pixels. */
export function textWidth(text: string, size: number, weight: 'regular' | 'bold' = 'regular'): number {
  let thousandths = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    thousandths += REGULAR[code - 32] ?? (WIDE.test(character) ? 1100 : ZERO.test(character) ? 0 : 640)
  }
  return (thousandths / 1000) * size * (weight === 'bold' ? BOLD_FACTOR : 1)
}

/** The text, or its beginning and an ellipsis when it is wider than `width`; never cuts a character in two. */
export function fitText(
  text: string,
  width: number,
  font: { readonly size: number; readonly weight?: 'regular' | 'bold' },
): string {
  if (textWidth(text, font.size, font.weight) <= width) return text
  const room = width - textWidth('…', font.size, font.weight)
  let used = 0
  let kept = ''
  for (const { segment } of new Intl.Segmenter().segment(text.slice(0, 2000))) {
    used += textWidth(segment, font.size, font.weight)
    if (used > room) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}
