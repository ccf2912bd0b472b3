import type { ScoredSeries } from './score-metric.ts'

type Column = Exclude<keyof ScoredSeries, 'reasons' | 'opinions' | 'begins'>

/** Scored points that follow each other as one. A detector that was left out in some blocks has no opinion (NaN) there. */
export function joinScored(blocks: readonly ScoredSeries[]): ScoredSeries {
  const length = blocks.reduce((sum, { timestamps }) => sum + timestamps.length, 0)
  const join = (pick: (block: ScoredSeries) => Float64Array | undefined) => {
    const joined = new Float64Array(length).fill(Number.NaN)
    let at = 0
    for (const block of blocks) {
      const part = pick(block)
      if (part) joined.set(part, at)
      at += block.timestamps.length
    }
    return joined
  }
  const column = (name: Column) => join((block) => block[name])
  const detectors = new Map(
    blocks.flatMap(({ opinions }) => opinions.map(({ name, tag }) => [tag, name] as const)),
  )
  return {
    timestamps: column('timestamps'),
    values: column('values'),
    scores: column('scores'),
    expected: column('expected'),
    lower: column('lower'),
    upper: column('upper'),
    reasons: blocks.flatMap(({ reasons }) => reasons),
    ...(blocks.some(({ levels }) => levels !== undefined)
      ? {
          strangeness: column('strangeness'),
          levels: column('levels'),
          begins: Uint8Array.from(
            blocks.flatMap(({ begins, timestamps }) => [...(begins ?? new Uint8Array(timestamps.length))]),
          ),
        }
      : {}),
    opinions: Array.from(detectors, ([tag, name]) => ({
      name,
      tag,
      probabilities: join(({ opinions }) => opinions.find((opinion) => opinion.tag === tag)?.probabilities),
    })),
  }
}
