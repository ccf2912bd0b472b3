import { Dialect, validate } from '@polyglot-sql/sdk'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { createTemplates } from '../../src/templates/templates.ts'
import { fileText, library, projectWith } from './example-project.ts'

const DIALECTS: Readonly<Record<string, Dialect>> = {
  bigquery: Dialect.BigQuery,
  snowflake: Dialect.Snowflake,
}
const warehouses = library.flatMap(({ name, databases }) => {
  const dialect = DIALECTS[databases[0] ?? '']
  return dialect === undefined ? [] : [[name, dialect] as const]
})

describe('SQL for warehouses', () => {
  it('is that of six examples', () => {
    expect(warehouses.map(([name]) => name)).toEqual([
      'bigquery_example_simple',
      'freq_example',
      'gsod',
      'gtrends',
      'snowflake_example_simple',
      'weather_forecast',
    ])
  })

  it.each(warehouses)('%s is one query of its dialect', async (name, dialect) => {
    const dir = await projectWith([name])
    const keys = parse(fileText(name, `${name}.yaml`)) as { ingest_sql: string }
    const sql = createTemplates(`${dir}/metrics`).render(keys.ingest_sql, keys, { batch: name })
    expect(sql).not.toMatch(/\{[{%#]/)
    expect(validate(sql, dialect)).toMatchObject({ valid: true, errors: [] })
    for (const column of ['metric_timestamp', 'metric_name', 'metric_value']) expect(sql).toContain(column)
  })

  it('would be found to be none', () => {
    expect(validate('select from where', Dialect.BigQuery).valid).toBe(false)
  })
})
