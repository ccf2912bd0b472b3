import { readFileSync } from 'node:fs'

/** A fixture made by `scripts/golden/make_golden.py`, from the folder of the test. */
export function readGolden<Content>(importer: string, name: string): Content {
  return JSON.parse(readFileSync(new URL(`./${name}.golden.json`, importer), 'utf8')) as Content
}

/** The largest |ours - theirs| / max(|theirs|, floor); infinite when the lengths differ or a number is missing. */
export function largestError(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
  floor = Number.MIN_VALUE,
): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let i = 0; i < theirs.length; i++) {
    const error = Math.abs(ours[i]! - theirs[i]!) / Math.max(Math.abs(theirs[i]!), floor)
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return largest
}
