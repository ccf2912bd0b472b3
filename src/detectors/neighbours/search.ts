import { definePartTask } from '../parallel/parallel.ts'
import { type KdTree, openKdTree, type TreeParts } from './kd-tree.ts'
import { type Found, type Queries, type Rows, scanAll } from './scan.ts'

/** A search for the neighbours of all queries, as plain data. */
export interface NeighbourSearch {
  /** Distances alone are found faster. */
  readonly wanted: 'rows' | 'distances'
  /** In the order of the tree, if there is one. */
  readonly rows: Rows
  readonly nodes: TreeParts['nodes'] | undefined
  readonly queries: Queries
  /** The numbers of all queries in the order in which they are looked at, which their positions count; of own rows, those of the rows. */
  readonly order: Int32Array
  readonly neighbours: number
}

/** Looks for the neighbours of the queries in positions `from` to `to` (exclusive), and gives each by its position. */
export type Searcher = (from: number, to: number, receive: Found) => void

/** Makes a search ready; `tree` is that of its parts, if it is at hand. */
export function openSearch(
  { wanted, rows, nodes, queries, order, neighbours }: NeighbourSearch,
  tree: KdTree | undefined = nodes && openKdTree({ rows, nodes }),
): Searcher {
  if (tree === undefined)
    return (from, to, receive) => scanAll(rows, queries, { from, to, neighbours }, receive)
  const search = tree.searchFor(wanted === 'rows' ? 'search' : 'searchDistances', queries.count)
  const { data, own } = queries
  const best = new Float64Array(neighbours)
  const found = new Int32Array(neighbours)
  return (from, to, receive) => {
    for (let i = from; i < to; i++) {
      best.fill(Number.POSITIVE_INFINITY)
      found.fill(-1)
      search(data, (own ? i : order[i]!) * rows.columns, own ? i : -1, best, found)
      receive(i, best, found)
    }
  }
}

/** The reduced distances of the nearest rows of the queries, and their numbers if rows are wanted, by positions. */
export const neighbourSearch = definePartTask({
  name: 'neighbours',
  output: ({ wanted, neighbours }: NeighbourSearch, queries) => ({
    distances: new Float64Array(queries * neighbours),
    numbers: new Int32Array(wanted === 'rows' ? queries * neighbours : 0),
  }),
  prepare(input) {
    const search = openSearch(input)
    const { wanted, neighbours } = input
    return {
      perform(first, end, { distances, numbers }) {
        search(first, end, (position, best, found) => {
          const at = (position - first) * neighbours
          for (let i = 0; i < neighbours; i++) distances[at + i] = best[i]!
          if (wanted === 'rows') for (let i = 0; i < neighbours; i++) numbers[at + i] = found[i]!
        })
      },
    }
  },
})
