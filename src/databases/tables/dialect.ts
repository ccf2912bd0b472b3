/** Binds a value to the statement and returns what stands for it in the text. */
export type Bind = (value: unknown) => string

/** How an engine writes SQL, as far as statements for users need it. */
export interface Dialect {
  /** A name in the engine's quotes, whatever characters it holds. */
  quote(name: string): string
  /** Names that mean the same without quotes, reserved words aside. */
  readonly plain: RegExp
  /** Midnight of the day of a date or a timestamp. */
  day(expression: string): string
  /** Midnight of the day so many days ago, of the type that `day` gives; the count is SQL, or a part of a template. */
  daysAgo(count: string): string
  /** The hour of a timestamp, 0 to 23. */
  hour(expression: string): string
  /** A number as a double. */
  double(expression: string): string
}

/**
 * How an engine writes what the program's own statements on a metrics table need; nothing else of them differs between engines. Users' SQL never passes
 * through here. An `expression` is SQL; whatever comes from outside is bound.
 */
export interface TableDialect extends Dialect {
  /** What stands for the n-th bound value, n from 1. */
  placeholder(n: number, value: unknown): string
  /** The column `metric_timestamp`, as something to compare and order by, whatever type its table gave it. */
  readonly timestamp: string
  /** A time of whole epoch milliseconds, bound, as something to compare `timestamp` with. */
  time(milliseconds: number, bind: Bind): string
  /** Whole epoch milliseconds of a timestamp, as a number. */
  milliseconds(expression: string): string
  /** A condition that holds for finite doubles, and neither for NULL nor for NaN and infinities. */
  finite(expression: string): string
  /** A condition that holds for the texts of a list, which is not empty and may be long. */
  oneOf(expression: string, texts: readonly string[], bind: Bind): string
  /** Of a group, every value of the expression in ascending order of `ms`, as one value; absent where an engine has no such thing. */
  collect?(expression: string, values: 'numbers' | 'texts'): string
  /** The most values that `collect` is given at once, where an engine limits the size of a value: longer series come in pieces, in no order. */
  readonly pieces?: number
}

/** A statement and its bound values. */
export interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

/** Writes a statement with values bound in the order in which they stand in it. */
export function statement(dialect: TableDialect, write: (bind: Bind) => string): Statement {
  const values: unknown[] = []
  const text = write((value) => dialect.placeholder(values.push(value), value))
  return { text, values }
}
