/**
 * Shares the work of one fit, or of scoring many rows, among threads. The caller waits, and works itself meanwhile. Results are the same to the
 * bit for every number of threads, because each item is worked on by itself, wherever that happens.
 */
export interface Parallel {
  /** How many work at most, the calling thread among them. */
  readonly threads: number
  /** Whether so many items may be worth sharing. Fewer the caller does better with what it has at hand. */
  takes(items: number): boolean
  /**
   * Does a task for all items, and gives what its `output` made room for. Throws what the task throws. What takes a moment only stays in the calling
   * thread. A thread that fails, ends, or does not start costs time and nothing else: what it owes is done by the caller.
   */
  run<Input extends object, Output extends Arrays>(
    task: PartTask<Input, Output>,
    input: Input,
    items: number,
  ): Output
}

/** Arrays by name, in each as many values an item. */
export type Arrays = { readonly [name: string]: Float64Array | Int32Array }

/**
 * Work on items that do not depend on each other. Nothing in it is random: random numbers are drawn before, and are part of the input. To be done
 * by other threads it has to be listed in `tasks.ts`.
 */
export interface PartTask<Input extends object, Output extends Arrays> {
  readonly name: string
  /** Room for what becomes of so many items. */
  output(input: Input, items: number): Output
  /** Made once in each thread. The input is plain data, which is never changed. */
  prepare(input: Input): PartWorker<Output>
}

export interface PartWorker<Output extends Arrays> {
  /** Works on items `from` to `to` (exclusive). The arrays hold these items alone. */
  perform(from: number, to: number, output: Output): void
}

export function definePartTask<Input extends object, Output extends Arrays>(
  task: PartTask<Input, Output>,
): PartTask<Input, Output> {
  return task
}
