import type { SeriesRows } from '../tables/keyed-rows.ts'
import type { SnowflakeShape } from './shape.ts'

/** A bound text of Snowflake holds 16 MB, and a character may take three bytes of it. */
const MAX_CHARACTERS = 4_000_000

/** Rows as JSON texts, each small enough to be bound: `[{b, n, t, p: [[ms, "value", "metadata"?], …]}, …]`. Values are texts, so that none is taken for a decimal. */
export function* documentsOf(series: readonly SeriesRows[], most = MAX_CHARACTERS): Generator<string> {
  let document = ''
  for (const { batch, name, type, timestamps, values, metadata } of series) {
    const head = `{"b":${JSON.stringify(batch)},"n":${JSON.stringify(name)},"t":${JSON.stringify(type)},"p":[`
    let points = ''
    const flush = (): void => {
      if (points !== '') document += `${document === '' ? '[' : ','}${head}${points}]}`
      points = ''
    }
    for (let i = 0; i < timestamps.length; i++) {
      const note = metadata?.[i] ?? ''
      // Half of a surrogate pair is no JSON.
      points += `${points === '' ? '' : ','}[${timestamps[i]},"${values[i]}"${note === '' ? '' : `,${JSON.stringify(note.replaceAll(/\p{Cs}/gu, '\ufffd'))}`}]`
      if (document.length + points.length < most) continue
      flush()
      yield `${document}]`
      document = ''
    }
    flush()
  }
  if (document !== '') yield `${document}]`
}

/** A query in parentheses over such a document, which is bound, with the columns of a metrics table. No row carries the points of its whole series along. */
export function rowsSource({ stored }: SnowflakeShape): string {
  return `(SELECT ${stored('TO_TIMESTAMP_NTZ(point.value[0]::NUMBER(38, 0), 3)')} AS metric_timestamp,
      series.b AS metric_batch, series.n AS metric_name, series.t AS metric_type,
      point.value[1]::VARCHAR::FLOAT AS metric_value, COALESCE(point.value[2]::VARCHAR, '') AS metadata
    FROM (
      SELECT entry.value:b::VARCHAR AS b, entry.value:n::VARCHAR AS n, entry.value:t::VARCHAR AS t, entry.value:p AS p
      FROM (SELECT PARSE_JSON(?) AS content) AS document, LATERAL FLATTEN(INPUT => document.content) AS entry
    ) AS series, LATERAL FLATTEN(INPUT => series.p) AS point)`
}
