import { AnomstackError } from '../core/errors.ts'

/** At most so many in one go, so that others get their turn. */
const MOST = 100

export interface TogetherOptions<Item, Result> {
  /** Does the work for all of them, and returns their results in their order; all of it or nothing. */
  readonly work: (items: readonly Item[]) => Promise<readonly Result[]>
  /** Whether what made a go fail may be the fault of one of its items; when not given, whatever does not pass by itself. */
  readonly isOfOne?: (error: unknown) => boolean
}

/**
 * Work that costs little more for many than for one: what is asked for while some is under way is done in the next go, together. Everybody gets a result of their own, once
 * the go has succeeded. When one fails that may be at fault for itself, each of its items is done alone, so that it does not concern the others: work may be done twice.
 */
export function together<Item, Result>({
  work,
  isOfOne = isLasting,
}: TogetherOptions<Item, Result>): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  let working = false

  async function go(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(results[index]!)
    } catch (error) {
      if (group.length > 1 && isOfOne(error)) for (const one of group) await go([one])
      else for (const { reject } of group) reject(error)
    }
  }

  async function goOn(): Promise<void> {
    working = true
    // Those who ask in the same moment go together.
    await Promise.resolve()
    while (waiting.length > 0) await go(waiting.splice(0, MOST))
    working = false
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (!working) void goOn()
    })
}

const isLasting = (error: unknown) => !(error instanceof AnomstackError && error.retryable)

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** In pieces of few different sizes, the larger ones first: each size of a list is a statement of its own, which is prepared once. */
export function inPieces<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const pieces: (readonly Item[])[] = []
  let size = 64
  for (let start = 0; start < items.length; start += size) {
    while (size > items.length - start) size /= 2
    pieces.push(items.slice(start, start + size))
  }
  return pieces
}
