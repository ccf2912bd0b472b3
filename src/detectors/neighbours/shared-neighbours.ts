/** The rows that share the most nearest neighbours with a row. */
export interface SharedNeighbours {
  /** Of training row `own`, itself left out. */
  nearestOf(own: number): Int32Array
  /** Of a new row with these nearest training rows. */
  nearestBy(neighbours: Int32Array): Int32Array
}

interface Lists {
  /** The nearest neighbours of each training row, `width` a row. */
  readonly lists: Int32Array
  readonly width: number
  /** How many rows are wanted. */
  readonly count: number
}

/**
 * Finds rows by how many nearest neighbours they share. Most rows share as many as some other, so that it matters how ties are broken:
 * it is done as PyOD does, by the order in which the quicksort of numba 0.68 leaves equal keys. Only the part of it that brings
 * the greatest keys to their places is done, in linear time. The result is overwritten by the next search.
 */
export function createSharedNeighbours({ lists, width, count }: Lists): SharedNeighbours {
  const rows = lists.length / width
  const { starts, members } = invert(lists, width)
  // One place more: for the row itself, which shares more than any other, so that it comes out last.
  const shared = new Int32Array(rows + 1)
  const order = new Int32Array(rows + 1)
  const nearest = new Int32Array(count)
  const search = (neighbours: Int32Array, self: number, size: number): Int32Array => {
    shared.fill(0)
    for (let i = 0; i < neighbours.length; i++) {
      const end = starts[neighbours[i]! + 1]!
      for (let k = starts[neighbours[i]!]!; k < end; k++) shared[members[k]!]!++
    }
    shared[self] = width + 1
    for (let i = 0; i < size; i++) order[i] = i
    sortGreatest(shared, order, size, count + 1)
    for (let i = 0; i < count; i++) nearest[i] = order[size - 2 - i]!
    return nearest
  }
  return {
    nearestOf: (own) => search(lists.subarray(own * width, (own + 1) * width), own, rows),
    nearestBy: (neighbours) => search(neighbours, rows, rows + 1),
  }
}

/** For each row those that have it in their list: `members` from its start to the next. */
function invert(lists: Int32Array, width: number): { starts: Int32Array; members: Int32Array } {
  const rows = lists.length / width
  const starts = new Int32Array(rows + 1)
  for (let i = 0; i < lists.length; i++) starts[lists[i]! + 1]!++
  for (let row = 0; row < rows; row++) starts[row + 1]! += starts[row]!
  const next = starts.slice()
  const members = new Int32Array(lists.length)
  for (let i = 0; i < lists.length; i++) members[next[lists[i]!]!++] = Math.floor(i / width)
  return { starts, members }
}

// Up to so many places are sorted by insertion.
const SMALL = 15

/** Brings the `wanted` greatest keys to the end of `order`, ascending, as the whole quicksort would have left them. */
function sortGreatest(keys: Int32Array, order: Int32Array, size: number, wanted: number): void {
  const first = size - wanted
  // Ranges that are yet to be sorted; one of two parts is at most half as long, so that few wait.
  const waiting = [0, size - 1]
  while (waiting.length > 0) {
    const high = waiting.pop()!
    let low = waiting.pop()!
    while (high - low >= SMALL) {
      const middle = partition(keys, order, low, high)
      if (middle - 1 >= first) waiting.push(low, middle - 1)
      low = middle + 1
    }
    if (high >= first) insertionSort(keys, order, low, high)
  }
}

/** Moves the lesser keys of a range before, the greater ones behind the median of three, and gives the place of that. */
function partition(keys: Int32Array, order: Int32Array, low: number, high: number): number {
  const middle = (low + high) >> 1
  if (keys[order[middle]!]! < keys[order[low]!]!) swap(order, low, middle)
  if (keys[order[high]!]! < keys[order[middle]!]!) swap(order, high, middle)
  if (keys[order[middle]!]! < keys[order[low]!]!) swap(order, low, middle)
  const pivot = keys[order[middle]!]!
  swap(order, high, middle)
  let i = low
  let j = high - 1
  while (true) {
    while (i < high && keys[order[i]!]! < pivot) i++
    while (j >= low && pivot < keys[order[j]!]!) j--
    if (i >= j) break
    swap(order, i++, j--)
  }
  swap(order, i, high)
  return i
}

function swap(order: Int32Array, i: number, j: number): void {
  const kept = order[i]!
  order[i] = order[j]!
  order[j] = kept
}

function insertionSort(keys: Int32Array, order: Int32Array, low: number, high: number): void {
  for (let i = low + 1; i <= high; i++) {
    const moved = order[i]!
    let place = i
    while (place > low && keys[moved]! < keys[order[place - 1]!]!) {
      order[place] = order[place - 1]!
      place--
    }
    order[place] = moved
  }
}
