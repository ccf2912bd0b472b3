import { isDeepStrictEqual } from 'node:util'

/** Open things by name, each opened when it is first asked for, and anew when its options have changed. */
export interface Renewable<Options, Item> {
  get(name: string, options: Options, open: () => Item): Item
  /** Says that somebody may go on to use what they got, until the result is called. */
  use(): () => void
  /** Closes everything, also what is in use. */
  close(): Promise<void>
}

export interface RenewableOptions<Item> {
  readonly close: (item: Item) => Promise<void>
  /** What was replaced is closed so long, in real ms, after nobody uses it any more: who did not say that they use it get this time to end. */
  readonly graceMs: number
  readonly onProblem: (error: unknown) => void
}

interface Retired<Item> {
  readonly item: Item
  /** Who may still use it. */
  readonly users: Set<symbol>
  timer?: NodeJS.Timeout
}

export function createRenewable<Options, Item>({
  close,
  graceMs,
  onProblem,
}: RenewableOptions<Item>): Renewable<Options, Item> {
  const open = new Map<string, { options: Options; readonly item: Item }>()
  const users = new Set<symbol>()
  const retired = new Set<Retired<Item>>()

  function closeWhenFree(old: Retired<Item>): void {
    if (old.users.size > 0) return
    old.timer = setTimeout(() => {
      retired.delete(old)
      close(old.item).catch(onProblem)
    }, graceMs).unref()
  }

  return {
    get(name, options, create) {
      const known = open.get(name)
      if (known !== undefined) {
        if (known.options === options) return known.item
        if (isDeepStrictEqual(known.options, options)) {
          known.options = options
          return known.item
        }
      }
      const item = create()
      open.set(name, { options, item })
      if (known !== undefined) {
        const old: Retired<Item> = { item: known.item, users: new Set(users) }
        retired.add(old)
        closeWhenFree(old)
      }
      return item
    },

    use() {
      const user = Symbol('user')
      users.add(user)
      return () => {
        users.delete(user)
        for (const old of retired) if (old.users.delete(user)) closeWhenFree(old)
      }
    },

    async close() {
      const items = [...open.values(), ...retired].map(({ item }) => item)
      for (const { timer } of retired) clearTimeout(timer)
      open.clear()
      retired.clear()
      await Promise.all(items.map(close))
    },
  }
}
