import { LRUCache } from 'lru-cache'

/** Remembers what was loaded for a short while, and loads one key once at a time however many ask. Failures are remembered too. */
export interface FreshCache<Value> {
  get(key: string, load: () => Promise<Value>): Promise<Value>
}

/** A cache of at most `entries` values, each fresh for `milliseconds` of the given clock after it was loaded. */
export function createFreshCache<Value>(options: {
  readonly milliseconds: number
  readonly entries: number
  readonly now: () => number
}): FreshCache<Value> {
  const entries = new LRUCache<string, { readonly value: Promise<Value>; loadedAt?: number }>({
    max: options.entries,
  })
  const isFresh = (loadedAt: number | undefined): boolean =>
    loadedAt === undefined || Math.abs(options.now() - loadedAt) < options.milliseconds
  return {
    get(key, load) {
      const known = entries.get(key)
      if (known !== undefined && isFresh(known.loadedAt)) return known.value
      const entry: { readonly value: Promise<Value>; loadedAt?: number } = { value: load() }
      const settled = (): void => {
        entry.loadedAt = options.now()
      }
      entry.value.then(settled, settled)
      entries.set(key, entry)
      return entry.value
    },
  }
}
