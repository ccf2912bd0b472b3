import type { Random } from '../../core/random.ts'
import type { CutForest, ForestSize } from './cut-forest.ts'

const NONE = -1

/** Empty trees (Guha, Mishra, Roy, Schrijvers 2016). */
export function createCutForest({ trees, size, columns }: ForestSize, random: Random): CutForest {
  const nodes = trees * (2 * size - 1)
  const points = new Float32Array(size * columns)
  const root = new Int32Array(trees).fill(NONE)
  const leafOf = new Int32Array(trees * size).fill(NONE)
  const parent = new Int32Array(nodes)
  const lower = new Int32Array(nodes)
  const upper = new Int32Array(nodes)
  const count = new Int32Array(nodes)
  const cutColumn = new Int32Array(nodes)
  const cutValue = new Float32Array(nodes)
  // The box around the points of a node.
  const low = new Float32Array(nodes * columns)
  const high = new Float32Array(nodes * columns)
  const free = Int32Array.from({ length: nodes }, (_, i) => nodes - 1 - i)
  let freeCount = nodes

  const take = (): number => free[--freeCount]!
  const makeLeaf = (offset: number): number => {
    const node = take()
    lower[node] = upper[node] = NONE
    count[node] = 1
    const point = points.subarray(offset, offset + columns)
    low.set(point, node * columns)
    high.set(point, node * columns)
    return node
  }
  const replaceChild = (tree: number, above: number, from: number, to: number): void => {
    parent[to] = above
    if (above === NONE) root[tree] = to
    else if (lower[above] === from) lower[above] = to
    else upper[above] = to
  }

  const insertInto = (tree: number, slot: number): void => {
    const offset = slot * columns
    let node = root[tree]!
    if (node === NONE) {
      const leaf = makeLeaf(offset)
      replaceChild(tree, NONE, NONE, leaf)
      leafOf[tree * size + slot] = leaf
      return
    }
    for (;;) {
      const box = node * columns
      let span = 0
      let outside = 0
      for (let j = 0; j < columns; j++) {
        const value = points[offset + j]!
        const width = high[box + j]! - low[box + j]!
        const beyond =
          value < low[box + j]! ? low[box + j]! - value : value > high[box + j]! ? value - high[box + j]! : 0
        span += width + beyond
        outside += beyond
      }
      const isLeaf = lower[node] === NONE
      if (isLeaf && outside === 0) {
        count[node]!++
        leafOf[tree * size + slot] = node
        return
      }
      if (outside > 0) {
        // A cut anywhere across the box around them all: it sets the new point apart, or falls among the others.
        let place = random.next() * span
        let chosen = NONE
        for (let j = 0; j < columns; j++) {
          const value = points[offset + j]!
          const from = Math.min(value, low[box + j]!)
          const to = Math.max(value, high[box + j]!)
          if (to === from) continue
          chosen = j
          if (place < to - from) break
          place -= to - from
        }
        const value = points[offset + chosen]!
        const from = low[box + chosen]!
        const to = high[box + chosen]!
        const at = Math.min(value, from) + place
        if (value < from && (isLeaf || at < from)) {
          const cut = Math.fround(at)
          setApart({ tree, slot, node, column: chosen, cut: cut < from ? cut : value, isLower: true })
          return
        }
        if (value > to && (isLeaf || at >= to)) {
          const cut = Math.fround(at)
          setApart({
            tree,
            slot,
            node,
            column: chosen,
            cut: cut >= to && cut < value ? cut : to,
            isLower: false,
          })
          return
        }
      }
      count[node]!++
      if (outside > 0) widen(node, offset)
      node = points[offset + cutColumn[node]!]! <= cutValue[node]! ? lower[node]! : upper[node]!
    }
  }
  const widen = (node: number, offset: number): void => {
    for (let j = 0, cell = node * columns; j < columns; j++, cell++) {
      const value = points[offset + j]!
      if (value < low[cell]!) low[cell] = value
      if (value > high[cell]!) high[cell] = value
    }
  }
  const setApart = ({
    tree,
    slot,
    node,
    column,
    cut,
    isLower,
  }: {
    tree: number
    slot: number
    node: number
    column: number
    cut: number
    isLower: boolean
  }): void => {
    const leaf = makeLeaf(slot * columns)
    const branch = take()
    replaceChild(tree, parent[node]!, node, branch)
    parent[node] = parent[leaf] = branch
    lower[branch] = isLower ? leaf : node
    upper[branch] = isLower ? node : leaf
    cutColumn[branch] = column
    cutValue[branch] = cut
    count[branch] = count[node]! + 1
    low.copyWithin(branch * columns, node * columns, (node + 1) * columns)
    high.copyWithin(branch * columns, node * columns, (node + 1) * columns)
    widen(branch, slot * columns)
    leafOf[tree * size + slot] = leaf
  }

  const removeFrom = (tree: number, slot: number): void => {
    const leaf = leafOf[tree * size + slot]!
    leafOf[tree * size + slot] = NONE
    if (count[leaf]! > 1) {
      for (let node = leaf; node !== NONE; node = parent[node]!) count[node]!--
      return
    }
    const branch = parent[leaf]!
    free[freeCount++] = leaf
    if (branch === NONE) {
      root[tree] = NONE
      return
    }
    replaceChild(tree, parent[branch]!, branch, lower[branch] === leaf ? upper[branch]! : lower[branch]!)
    free[freeCount++] = branch
    let changes = true
    for (let node = parent[branch]!; node !== NONE; node = parent[node]!) {
      count[node]!--
      if (changes) changes = tighten(node)
    }
  }
  /** The box around the boxes of both children; false when it was that already. */
  const tighten = (node: number): boolean => {
    let changed = false
    let cell = node * columns
    let first = lower[node]! * columns
    let second = upper[node]! * columns
    for (let j = 0; j < columns; j++, cell++, first++, second++) {
      const least = Math.min(low[first]!, low[second]!)
      const most = Math.max(high[first]!, high[second]!)
      if (least !== low[cell] || most !== high[cell]) changed = true
      low[cell] = least
      high[cell] = most
    }
    return changed
  }

  /** How far a value lies outside the box at its cell. */
  const beyond = (cell: number, value: number): number => Math.max(0, low[cell]! - value, value - high[cell]!)
  /** The expected displacement in one tree; what each column adds to it is added to `parts`. */
  const expected = (tree: number, point: Float32Array, offset: number, parts?: Float64Array): number => {
    let node = root[tree]!
    let sum = 0
    // The chance that no cut above has set the point apart, and the most that it displaces further up.
    let joined = 1
    let most = 0
    let mostColumn = 0
    while (node !== NONE && joined > 0) {
      let inside = 0
      let outside = 0
      for (let j = 0, cell = node * columns; j < columns; j++, cell++) {
        const value = point[offset + j]!
        const from = low[cell]!
        const to = high[cell]!
        inside += to - from
        if (value < from) outside += from - value
        else if (value > to) outside += value - to
      }
      const isLeaf = lower[node] === NONE
      const chance = outside / (inside + outside)
      const apart = Math.max(most, count[node]!)
      const amount = isLeaf ? joined * (outside > 0 ? apart : most) : joined * chance * apart
      sum += amount
      if (parts !== undefined) {
        // Where a cut above displaces more than one here would, it is that one's column.
        if (outside === 0 || most > count[node]!) parts[mostColumn]! += amount
        else
          for (let j = 0; j < columns; j++)
            parts[j]! += amount * (beyond(node * columns + j, point[offset + j]!) / outside)
      }
      if (isLeaf) return sum
      joined *= 1 - chance
      const isLower = point[offset + cutColumn[node]!]! <= cutValue[node]!
      const child = isLower ? lower[node]! : upper[node]!
      const sibling = isLower ? upper[node]! : lower[node]!
      const displaces = count[sibling]! / (count[child]! + 1)
      if (parts !== undefined && displaces > most) mostColumn = cutColumn[node]!
      most = Math.max(most, displaces)
      node = child
    }
    return sum
  }
  const displaced = (leaf: number): number => {
    let most = 0
    for (let node = leaf, above = parent[node]!; above !== NONE; node = above, above = parent[node]!) {
      const sibling = lower[above] === node ? upper[above]! : lower[above]!
      most = Math.max(most, count[sibling]! / count[node]!)
    }
    return most
  }

  return {
    points,
    insert(slot) {
      for (let tree = 0; tree < trees; tree++) insertInto(tree, slot)
    },
    remove(slot) {
      for (let tree = 0; tree < trees; tree++) removeFrom(tree, slot)
    },
    displacement(point, offset) {
      let sum = 0
      for (let tree = 0; tree < trees; tree++) sum += expected(tree, point, offset)
      return sum / trees
    },
    explain(point, parts) {
      for (let tree = 0; tree < trees; tree++) expected(tree, point, 0, parts)
      for (let j = 0; j < columns; j++) parts[j]! /= trees
    },
    displacementOf(slot) {
      let sum = 0
      for (let tree = 0; tree < trees; tree++) sum += displaced(leafOf[tree * size + slot]!)
      return sum / trees
    },
    cuts() {
      const chosen: number[] = []
      const values: number[] = []
      for (let tree = 0; tree < trees; tree++) {
        const open = [root[tree]!]
        for (let node = open.pop(); node !== undefined; node = open.pop()) {
          if (node === NONE || lower[node] === NONE) continue
          chosen.push(cutColumn[node]!)
          values.push(cutValue[node]!)
          open.push(upper[node]!, lower[node]!)
        }
      }
      return {
        columns: columns <= 256 ? Uint8Array.from(chosen) : Uint16Array.from(chosen),
        values: Float32Array.from(values),
      }
    },
    rebuild(slots, cuts) {
      let next = 0
      for (let tree = 0; tree < trees; tree++) {
        const order = slots.slice()
        const open = [{ from: 0, to: order.length, above: NONE, isLower: false }]
        for (let part = open.pop(); part !== undefined; part = open.pop()) {
          const { from, to, above, isLower } = part
          if (from === to) return false
          const node = makeLeaf(order[from]! * columns)
          for (let i = from + 1; i < to; i++) widen(node, order[i]! * columns)
          count[node] = to - from
          parent[node] = above
          if (above === NONE) root[tree] = node
          else if (isLower) lower[above] = node
          else upper[above] = node
          let isOne = true
          for (let cell = node * columns; cell < (node + 1) * columns; cell++)
            isOne &&= low[cell] === high[cell]
          if (isOne) {
            for (let i = from; i < to; i++) leafOf[tree * size + order[i]!] = node
            continue
          }
          const column = cuts.columns[next] ?? columns
          const cut = cuts.values[next++]!
          if (column >= columns) return false
          let middle = from
          for (let i = from; i < to; i++) {
            const slot = order[i]!
            if (!(points[slot * columns + column]! <= cut)) continue
            order[i] = order[middle]!
            order[middle++] = slot
          }
          if (middle === from || middle === to) return false
          cutColumn[node] = column
          cutValue[node] = cut
          open.push({ from: middle, to, above: node, isLower: false })
          open.push({ from, to: middle, above: node, isLower: true })
        }
      }
      return next === cuts.values.length && next === cuts.columns.length
    },
  }
}
