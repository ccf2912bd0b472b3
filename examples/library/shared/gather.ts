import type { Row } from './row.ts'

const AT_ONCE = 4

/** The rows of every item, in order, a few items at a time. Why one could not be read is printed, and so stands in the log of the run; throws only
 * where none could be read. */
export async function gather<Item>(
  items: readonly Item[],
  read: (item: Item) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const found: (readonly Row[])[] = items.map(() => [])
  const failures: unknown[] = []
  const rest = items.entries()
  const readRest = async () => {
    for (const [index, item] of rest)
      try {
        found[index] = await read(item)
      } catch (error) {
        failures.push(error)
        console.warn(String(error))
      }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readRest))
  if (failures.length > 0 && failures.length === items.length) throw failures[0]
  return found.flat()
}
