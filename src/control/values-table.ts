import { type RawBuilder, sql } from 'kysely'

/** A table of bound values, whose columns both engines call `column1`, `column2`, …. What is to be a number has to be cast: PostgreSQL takes all for texts. */
export function valuesTable<Row>(rows: readonly (readonly (string | number | null)[])[]): RawBuilder<Row> {
  const tuples = rows.map((row) => sql`(${sql.join(row.map((value) => sql`${value}`))})`)
  return sql<Row>`(values ${sql.join(tuples)})`
}
