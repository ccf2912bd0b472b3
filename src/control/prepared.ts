import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import type { ControlSchema } from './schema.ts'

/** Stands for a value that is known when the statement is run: says where it is among those that are given then. */
class StandIn {
  readonly path: readonly (string | number)[]
  constructor(path: readonly (string | number)[]) {
    this.path = path
  }
}

/** So many texts of one statement are kept, for lists have many lengths. */
const MOST = 100

/**
 * A statement whose text is made once, because making it takes longer than running it: once for each length of the lists among its values. `build` may look at those lengths but not at
 * the values, for it is given stand-ins.
 */
export function prepared<Values extends object, Row>(
  build: (db: Kysely<ControlSchema>, values: Values) => Compilable<Row>,
): (db: Kysely<ControlSchema>, values: Values) => Promise<readonly Row[]> {
  /** By engine: a database has one, which its transactions share. */
  const engines = new WeakMap<object, Map<string, CompiledQuery<Row>>>()

  return async (db, values) => {
    const { adapter } = db.getExecutor()
    const texts = engines.get(adapter) ?? new Map<string, CompiledQuery<Row>>()
    engines.set(adapter, texts)
    const shape = shapeOf(values)
    let text = texts.get(shape)
    if (text === undefined) {
      if (texts.size >= MOST) texts.clear()
      text = build(db, standInFor(values, []) as Values).compile()
      texts.set(shape, text)
    }
    const parameters = text.parameters.map((one) =>
      one instanceof StandIn ? valueAt(values, one.path) : one,
    )
    return (await db.executeQuery<Row>({ ...text, parameters })).rows
  }
}

/** The lengths of lists; what is in a list is all of one shape. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `${value.length}${shapeOf(value[0])}`
  return typeof value === 'object' && value !== null ? `(${Object.values(value).map(shapeOf).join()})` : ''
}

function standInFor(value: unknown, path: StandIn['path']): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, index) => standInFor(item, [...path, index]))
  if (typeof value !== 'object' || value === null) return new StandIn(path)
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, standInFor(item, [...path, key])]),
  )
}

function valueAt(values: unknown, path: StandIn['path']): unknown {
  let value: unknown = values
  for (const key of path) value = (value as { readonly [key: string | number]: unknown })[key]
  return value
}
