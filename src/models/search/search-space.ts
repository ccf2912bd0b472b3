import type { Random } from '../../core/random.ts'
import type { ConfiguredDetector, ModelSpec } from '../model-spec.ts'

/** What is tried: detectors with values of their parameters, ways of preprocessing, ways of combining. Lists are never empty. */
export interface SearchSpace {
  readonly detectors: readonly {
    readonly name: string
    readonly params: Readonly<Record<string, readonly unknown[]>>
  }[]
  readonly preprocess: Readonly<Record<'diff_n' | 'smooth_n' | 'lags_n', readonly number[]>>
  readonly combination: readonly ModelSpec['combination'][]
  /** The most detectors that judge together. */
  readonly together: number
}

/** A way to judge metrics that is tried. */
export type Candidate = Pick<ModelSpec, 'detectors' | 'preprocess' | 'combination'>

/** Every candidate of a space that joins up to `together` detectors, at most `most`, in a fixed order; the rest of a larger space is left out. */
export function gridOf(space: SearchSpace, base: ModelSpec, most: number): readonly Candidate[] {
  const variants = space.detectors.map((detector) => variantsOf(detector))
  const candidates: Candidate[] = []
  for (const chosen of subsets(variants.length, space.together))
    for (const picked of product(chosen.map((index) => variants[index]!)))
      for (const preprocess of product(Object.values(space.preprocess)))
        for (const combination of picked.length === 1 ? space.combination.slice(0, 1) : space.combination) {
          if (candidates.length === most) return candidates
          candidates.push(candidateOf(base, { picked, preprocess, combination }))
        }
  return candidates
}

/** So many different candidates at most, drawn at random. */
export function drawCandidates(
  space: SearchSpace,
  base: ModelSpec,
  { count, random }: { readonly count: number; readonly random: Random },
): readonly Candidate[] {
  const pick = <Item>(list: readonly Item[]): Item => list[random.int(list.length)]!
  const candidates = new Map<string, Candidate>()
  // A small space has fewer than are asked for.
  for (let tried = 0; candidates.size < count && tried < count * 20; tried++) {
    const order = space.detectors.map((detector) => ({ detector, at: random.next() }))
    const together = 1 + random.int(Math.min(space.together, order.length))
    const picked = order
      .sort((a, b) => a.at - b.at)
      .slice(0, together)
      .map(({ detector: { name, params } }) => ({
        name,
        params: Object.fromEntries(Object.entries(params).map(([key, values]) => [key, pick(values)])),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const preprocess = Object.values(space.preprocess).map(pick)
    const combination = picked.length === 1 ? space.combination[0]! : pick(space.combination)
    const candidate = candidateOf(base, { picked, preprocess, combination })
    candidates.set(JSON.stringify(candidate), candidate)
  }
  return [...candidates.values()]
}

type Variant = Pick<ConfiguredDetector, 'name' | 'params'>

function variantsOf({ name, params }: SearchSpace['detectors'][number]): readonly Variant[] {
  const keys = Object.keys(params)
  return product(Object.values(params)).map((values) => ({
    name,
    params: Object.fromEntries(keys.map((key, i) => [key, values[i]])),
  }))
}

function candidateOf(
  base: ModelSpec,
  {
    picked,
    preprocess: [diff_n = 0, smooth_n = 0, lags_n = 0],
    combination,
  }: {
    readonly picked: readonly Variant[]
    readonly preprocess: readonly number[]
    readonly combination: ModelSpec['combination']
  },
): Candidate {
  return {
    detectors: picked.map(({ name, params }, i) => ({
      name,
      tag: `${name.toLowerCase()}_${i + 1}`,
      params,
    })),
    preprocess: { ...base.preprocess, diff_n, smooth_n, lags_n },
    combination,
  }
}

/** Every way to take one of each list; one empty way of no lists. */
function product<Item>(lists: readonly (readonly Item[])[]): readonly (readonly Item[])[] {
  return lists.reduce<readonly (readonly Item[])[]>(
    (ways, list) => ways.flatMap((way) => list.map((item) => [...way, item])),
    [[]],
  )
}

/** The ways to choose up to `most` of `count` things, those of one thing first. */
function subsets(count: number, most: number): readonly (readonly number[])[] {
  let current: readonly (readonly number[])[] = [[]]
  const all: (readonly number[])[] = []
  for (let size = 1; size <= Math.min(most, count); size++) {
    current = current.flatMap((chosen) =>
      Array.from({ length: count - 1 - (chosen.at(-1) ?? -1) }, (_, i) => [
        ...chosen,
        (chosen.at(-1) ?? -1) + 1 + i,
      ]),
    )
    all.push(...current)
  }
  return all
}
