/** Things by the time at which they are due, the next at hand in logarithmic time. */
export interface ScheduleHeap<Item> {
  push(item: Item): void
  /** When the next is due; Infinity when there is none. */
  nextAt(): number
  /** Takes up to `limit` things that are due, the earliest first. */
  takeDue(now: number, limit: number): Item[]
}

/** A binary heap of things, which must not change when they are due while they are in it. */
export function createScheduleHeap<Item extends { readonly at: number }>(
  items: Iterable<Item>,
): ScheduleHeap<Item> {
  // An ascending array is a heap.
  const heap = [...items].sort((a, b) => a.at - b.at)

  function sink(item: Item): void {
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++
      if (heap[child]!.at >= item.at) break
      heap[place] = heap[child]!
      place = child
    }
    heap[place] = item
  }

  return {
    push(item) {
      let place = heap.length
      while (place > 0) {
        const parent = (place - 1) >> 1
        if (heap[parent]!.at <= item.at) break
        heap[place] = heap[parent]!
        place = parent
      }
      heap[place] = item
    },
    nextAt: () => heap[0]?.at ?? Number.POSITIVE_INFINITY,
    takeDue(now, limit) {
      const due: Item[] = []
      while (due.length < limit && heap.length > 0 && heap[0]!.at <= now) {
        due.push(heap[0]!)
        const last = heap.pop()!
        if (heap.length > 0) sink(last)
      }
      return due
    },
  }
}
