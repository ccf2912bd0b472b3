/** One number that a benchmark took; the same name in every run of it. */
export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: 's' | 'ms' | 'MB' | 'KB' | 'points/s' | 'runs/s' | 'runs' | 'x' | '%' | 'tx/s' | 'workers'
  readonly target?: Target
}

/** Inclusive. */
export type Target = { readonly most: number } | { readonly least: number }

export function isMet({ value, target }: Pick<Measurement, 'value' | 'target'>): boolean {
  if (target === undefined) return true
  return 'most' in target ? value <= target.most : value >= target.least
}

/** A benchmark takes all its numbers once; it is repeated in new processes. */
export type Benchmark = () => Promise<readonly Measurement[]>

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
