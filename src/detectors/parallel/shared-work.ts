import type { Arrays, PartTask, PartWorker } from './parallel.ts'

/** Work that threads share, as it is posted to them. All arrays are in shared memory. */
export interface SharedWork {
  /** Name of the task. */
  readonly task: string
  readonly input: object
  /** Where other threads than the caller leave what they made. */
  readonly output: Arrays
  readonly items: number
  /** Items in a part; the last has fewer. */
  readonly size: number
  /** The number of the next part that nobody works on, and then the state of each part. */
  readonly states: Int32Array
}

/** Gives so many threads to post work to, or fewer. */
export type Hire = (count: number) => readonly { postMessage(work: SharedWork): void }[]

const UNFINISHED = 0
const DONE = 1
const FAILED = 2

/** The states of so many parts, in memory that threads can share. */
export function openParts(parts: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (1 + parts)))
}

/** The next part, which is nobody else's from now on; undefined when there is none left. */
export function claimPart(states: Int32Array): number | undefined {
  const part = Atomics.add(states, 0, 1)
  return part < states.length - 1 ? part : undefined
}

/** Leaves nothing to claim. */
export function closeParts(states: Int32Array): void {
  Atomics.store(states, 0, states.length - 1)
}

/** Waits until a part that another thread claimed is done; false when that failed, or takes longer. */
export function awaitPart(states: Int32Array, part: number, ms: number): boolean {
  Atomics.wait(states, 1 + part, UNFINISHED, ms)
  return Atomics.load(states, 1 + part) === DONE
}

/**
 * Works, in another thread than the caller's, until no part is left. Throws what the task throws, after it has marked the part as failed: the
 * caller does that one again, and meets the error itself.
 */
export function performParts(work: SharedWork, task: PartTask<object, Arrays>): void {
  const { input, output, items, states } = work
  let worker: PartWorker<Arrays> | undefined
  for (let part = claimPart(states); part !== undefined; part = claimPart(states)) {
    const range = rangeOf(part, work)
    let state = FAILED
    try {
      // Not before there is a part for it: a thread that starts late has nothing to do.
      worker ??= task.prepare(input)
      worker.perform(range.from, range.to, itemsOf(output, items, range))
      state = DONE
    } finally {
      Atomics.store(states, 1 + part, state)
      Atomics.notify(states, 1 + part)
    }
  }
}

export interface Range {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

export function rangeOf(part: number, { items, size }: Pick<SharedWork, 'items' | 'size'>): Range {
  return { from: part * size, to: Math.min((part + 1) * size, items) }
}

/** The values of some of all items. */
export function itemsOf<Output extends Arrays>(arrays: Output, items: number, { from, to }: Range): Output {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => {
      const width = array.length / items
      return [name, array.subarray(from * width, to * width)]
    }),
  ) as Output
}
