import type { Arrays, PartTask } from './parallel.ts'
import { awaitPart, claimPart, closeParts, type Hire, itemsOf, openParts, rangeOf } from './shared-work.ts'
import { toShared } from './to-shared.ts'

export interface Sharing {
  /** How many work at most, this thread among them. */
  readonly threads: number
  /** Others are called when this thread alone would be busy for so long, which it knows from the parts that it has done. */
  readonly leastMs: number
  readonly hire: Hire
}

interface PartedWork<Input extends object, Output extends Arrays> {
  readonly task: PartTask<Input, Output>
  readonly input: Input
  readonly items: number
}

// So many parts a thread that all end at about the same time; of a multiple of the rows that kernels take at once.
const PARTS_OF_THREAD = 16
const PART_MULTIPLE = 128
/** A part that another thread has not finished when no other is left is waited for so long, and twice as long as a part took here. */
const PATIENCE_MS = 100

/**
 * Does a task part by part, together with other threads once it turns out to be long. `helped` is how many parts others have done. What another thread
 * claimed and does not finish is done here as well (the backup tasks of Dean and Ghemawat: MapReduce, 2004): nothing is waited for for ever.
 */
export function runInParts<Input extends object, Output extends Arrays>(
  { task, input, items }: PartedWork<Input, Output>,
  { threads, leastMs, hire }: Sharing,
): { readonly output: Output; readonly helped: number } {
  const output = task.output(input, items)
  const size = PART_MULTIPLE * Math.max(1, Math.ceil(items / (threads * PARTS_OF_THREAD * PART_MULTIPLE)))
  const parts = Math.ceil(items / size)
  const states = openParts(parts)
  const worker = task.prepare(input)
  const doneHere = new Uint8Array(parts)
  let shortest = Number.POSITIVE_INFINITY
  let longest = 0
  let shared: Output | undefined

  const perform = (part: number): void => {
    const range = rangeOf(part, { items, size })
    const start = performance.now()
    worker.perform(range.from, range.to, itemsOf(output, items, range))
    const took = performance.now() - start
    shortest = Math.min(shortest, took)
    longest = Math.max(longest, took)
    doneHere[part] = 1
  }
  const share = (): Output => {
    const room = toShared(output)
    const work = { task: task.name, input: toShared(input), output: room, items, size, states }
    for (const thread of hire(threads - 1)) thread.postMessage(work)
    return room
  }

  try {
    for (let part = claimPart(states); part !== undefined; part = claimPart(states)) {
      perform(part)
      const left = parts - part - 1
      // The first part tells nothing: it takes longer, because nothing is compiled yet.
      if (shared === undefined && part > 0 && left > 0 && shortest * left >= leastMs) shared = share()
    }
  } finally {
    closeParts(states)
  }
  let helped = 0
  for (let part = 0; part < parts; part++) {
    if (doneHere[part] === 1) continue
    if (awaitPart(states, part, Math.max(PATIENCE_MS, 2 * longest))) {
      copyItems(shared!, output, { items, ...rangeOf(part, { items, size }) })
      helped++
    } else perform(part)
  }
  return { output, helped }
}

/** A thread that is late may still write into `from`, where nobody looks any more. */
function copyItems(
  from: Arrays,
  to: Arrays,
  { items, ...range }: { readonly items: number; readonly from: number; readonly to: number },
): void {
  const sources = itemsOf(from, items, range)
  for (const [name, target] of Object.entries(itemsOf(to, items, range))) target.set(sources[name]!)
}
