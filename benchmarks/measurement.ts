/** One number that a benchmark took; the same name in every run of it, and each time where it takes the number several times. */
export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit:
    | 's'
    | 'ms'
    | 'MB'
    | 'KB'
    | 'points/s'
    | 'rows/s'
    | 'runs/s'
    | 'runs'
    | 'x'
    | '%'
    | 'tx'
    | 'tx/s'
    | 'workers'
  readonly target?: Target
}

/** Inclusive. */
export type Target = { readonly most: number } | { readonly least: number }

export function isMet({ value, target }: Pick<Measurement, 'value' | 'target'>): boolean {
  if (target === undefined) return true
  return 'most' in target ? value <= target.most : value >= target.least
}

/** A benchmark takes all its numbers once, and is repeated in new processes; or several times in turn, where it compares. With `quick` some are of fewer rows. */
export type Benchmark = (options: { readonly quick: boolean }) => Promise<readonly Measurement[]>

/** Seconds that some work takes, and what it gives. */
export async function timed<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly seconds: number; readonly result: T }> {
  const since = performance.now()
  const result = await work()
  return { seconds: (performance.now() - since) / 1000, result }
}

/** The largest resident memory that this process has had, in MB. */
export const peakMemory = (): number => process.resourceUsage().maxRSS / 1024
