import { baseName } from './metric-name.ts'

const OPERATORS = ['>=', '<=', '==', '!=', '>', '<', '='] as const
type Operator = (typeof OPERATORS)[number]

/** A condition on the value of a metric, such as `requests > 100`. */
export interface Guard {
  readonly metric: string
  readonly operator: Operator
  readonly number: number
}

const GUARD = /^\s*(.*?[^\s<>=!])\s*(>=|<=|==|!=|>|<|=)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*$/is

/** The guard that a text says: a metric's name, one of > >= < <= == !=, and a number; undefined when it is none. */
export function parseGuard(text: string): Guard | undefined {
  const match = text.length > 1_000 ? null : GUARD.exec(text)
  if (match === null) return undefined
  const [, metric = '', operator, number] = match
  return Number.isFinite(Number(number))
    ? { metric, operator: operator as Operator, number: Number(number) }
    : undefined
}

/** Whether a value meets the condition. */
export function holds({ operator, number }: Guard, value: number): boolean {
  switch (operator) {
    case '>':
      return value > number
    case '>=':
      return value >= number
    case '<':
      return value < number
    case '<=':
      return value <= number
    case '==':
    case '=':
      return value === number
    case '!=':
      return value !== number
  }
}

/** Names of the metric that the guard of `metric` looks at, the likeliest first: the one with the same dimensions, then the one that is written. */
export function guardNames({ metric: written }: Guard, metric: string): readonly string[] {
  const dimensions = metric.slice(baseName(metric).length)
  return dimensions === '' || baseName(written) !== written ? [written] : [`${written}${dimensions}`, written]
}
