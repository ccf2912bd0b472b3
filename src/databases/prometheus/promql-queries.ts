import { parseDuration } from '../../core/duration.ts'
import { AnomstackError } from '../../core/errors.ts'
import { parseTimestamp } from '../../core/timestamp.ts'

/** One range query of an ingest text. */
export interface PromqlQuery {
  readonly expression: string
  /** What its series are called; by their own metric name, or the expression, when not given. */
  readonly name?: string
  readonly rangeMs: number
  readonly stepMs: number
  /** End of the range, epoch ms; now when not given. */
  readonly end?: number
}

const SETTING = /^#\s*(range|step|end)\s*:\s*(.*?)\s*$/
/** `name = expression`, which PromQL itself does not have. */
const NAMED = /^([a-zA-Z_:][\w:.-]*)\s*=(?![=~])\s*/

/**
 * The queries of a text: PromQL expressions with semicolons between, each with a name before it if it likes (`error_rate = sum(rate(…))`). Lines such as
 * `# range: 6h`, `# step: 5m` and `# end: 2024-01-01T00:00:00Z` hold for what follows; other lines that begin with # are comments. Throws `QUERY_FAILED`.
 */
export function promqlQueries(
  text: string,
  defaults: { readonly range: string; readonly step: string },
): readonly PromqlQuery[] {
  let rangeMs = duration('range', defaults.range)
  let stepMs = duration('step', defaults.step)
  let end: number | undefined
  return statements(text).flatMap((statement): PromqlQuery[] => {
    const lines = statement.split('\n').filter((line) => {
      const [, setting, value = ''] = SETTING.exec(line.trim()) ?? []
      if (setting === 'range') rangeMs = duration(setting, value)
      if (setting === 'step') stepMs = duration(setting, value)
      if (setting === 'end') end = time(value)
      return !line.trimStart().startsWith('#')
    })
    const whole = lines.join('\n').trim()
    if (whole === '') return []
    const name = NAMED.exec(whole)
    const expression = name === null ? whole : whole.slice(name[0].length)
    return [
      {
        expression,
        rangeMs,
        stepMs,
        ...(name?.[1] === undefined ? {} : { name: name[1] }),
        ...(end === undefined ? {} : { end }),
      },
    ]
  })
}

function duration(setting: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw new AnomstackError('QUERY_FAILED', `# ${setting}: "${text}" is not a duration such as 5m, 1h or 1d`)
}

function time(text: string): number {
  const at = parseTimestamp(text)
  if (at !== undefined) return at
  throw new AnomstackError('QUERY_FAILED', `# end: "${text}" is not a time such as 2024-01-01T00:00:00Z`)
}

/** Parts between semicolons that stand neither in quotes nor in comments. */
function statements(text: string): readonly string[] {
  const parts: string[] = ['']
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|`[^`]*`?|#[^\n]*|[^"'`#;]+|;/gs))
    if (token === ';') parts.push('')
    else parts[parts.length - 1] += token
  return parts
}
