import { describe, expect, it } from 'vitest'
import { snowflakeDialect } from '../../src/databases/snowflake/dialect.ts'
import { documentsOf, rowsSource } from '../../src/databases/snowflake/rows.ts'
import { GATHERED, shapeFrom, TABLE } from '../../src/databases/snowflake/shape.ts'
import { snowflake } from '../../src/databases/snowflake.ts'
import { statement } from '../../src/databases/tables/dialect.ts'
import { keyedRows } from '../../src/databases/tables/keyed-rows.ts'
import { historyStatement, mergeStatement, sameKey } from '../../src/databases/tables/metric-statements.ts'

const row = { timestamp: 0, batch: 'b', name: 'n', type: 'metric', value: 1, metadata: '' } as const

describe('documents of rows', () => {
  it('hold every row once, each within the limit', () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({
      ...row,
      name: `n${i % 3}`,
      timestamp: i,
      value: i / 3,
      metadata: i % 2 === 0 ? '' : 'half \ud800 of "it"',
    }))
    const documents = [...documentsOf(keyedRows(rows), 300)]
    expect(documents.length).toBeGreaterThan(3)
    const found = documents.flatMap((text) => {
      expect(text.length).toBeLessThan(400)
      return (JSON.parse(text) as { n: string; p: [number, string, string?][] }[]).flatMap(({ n, p }) =>
        p.map(([at, value, note]) => `${at} ${n} ${Number(value)} ${note ?? ''}`),
      )
    })
    expect(found.sort()).toEqual(
      rows
        .map(
          (each) =>
            `${each.timestamp} ${each.name} ${each.value} ${each.metadata.replace('\ud800', '\ufffd')}`,
        )
        .sort(),
    )
  })

  it('of nothing are none', () => {
    expect([...documentsOf([])]).toEqual([])
  })
})

describe('statements', () => {
  const columns = [
    'metric_timestamp',
    'metric_batch',
    'metric_name',
    'metric_type',
    'metric_value',
    'metadata',
  ]
  const named = (spell: (name: string) => string, type = 'TIMESTAMP_NTZ(9)') =>
    columns.map((name) => ({ name: spell(name), type: name === 'metric_timestamp' ? type : 'VARCHAR' }))
  const table = ['DB', 'metric_name', 'it"s']

  it('leave names alone that Snowflake folds by itself', () => {
    const shape = shapeFrom(
      table,
      named((name) => name.toUpperCase()),
    )
    expect(shape.spell(`SELECT metric_name AS name FROM ${TABLE}`)).toBe(
      'SELECT metric_name AS name FROM "DB"."metric_name"."it""s"',
    )
    expect(shape.spell(`DROP TABLE ${GATHERED}`, 'X')).toBe('DROP TABLE "DB"."metric_name"."X"')
  })

  it('quote columns that were made with quotes, and nothing else', () => {
    const shape = shapeFrom(
      table,
      named((name) => name),
    )
    expect(shape.spell(`SELECT t.metric_value, metadata AS note FROM ${TABLE} AS t`)).toBe(
      'SELECT t."metric_value", "metadata" AS note FROM "DB"."metric_name"."it""s" AS t',
    )
  })

  it('compare moments, however a table keeps them', () => {
    const text = shapeFrom(
      table,
      named((name) => name, 'VARCHAR(16777216)'),
    )
    expect(text.dialect.timestamp).toContain('TRY_CAST(metric_timestamp AS TIMESTAMP_TZ)')
    expect(rowsSource(text)).toContain(
      "TO_VARCHAR(TO_TIMESTAMP_NTZ(point.value[0]::NUMBER(38, 0), 3), 'YYYY-MM-DD HH24:MI:SS.FF3')",
    )
    expect(mergeStatement(TABLE, GATHERED, sameKey('t', 's', text.time))).toContain(
      "CAST(CONVERT_TIMEZONE('UTC', TRY_CAST(t.metric_timestamp AS TIMESTAMP_TZ)) AS TIMESTAMP_NTZ) = CAST(CONVERT_TIMEZONE('UTC', TRY_CAST(s.metric_timestamp AS TIMESTAMP_TZ)) AS TIMESTAMP_NTZ)",
    )
  })

  it('bind every value, read doubles by seventeen digits, and collect in pieces', () => {
    const { text, values } = historyStatement(
      snowflakeDialect,
      TABLE,
      { batch: "it's", types: ['metric'], since: 5, metrics: ["o'neil"] },
      { duplicates: true },
    )
    expect(text).not.toMatch(/it's|o'neil/)
    expect(values).toEqual(["it's", 'metric', "o'neil", '5'])
    expect(text).toContain(
      "TO_JSON(ARRAY_AGG(TO_VARCHAR(reading, 'TME')) WITHIN GROUP (ORDER BY ms)) AS readings",
    )
    expect(text).toContain('GROUP BY name, type, floor((age - 1) / 5000)')
  })

  it('bind a long list as one document', () => {
    const names = Array.from({ length: 101 }, (_, i) => `m${i}`)
    const { text, values } = statement(snowflakeDialect, (bind) =>
      snowflakeDialect.oneOf('metric_name', names, bind),
    )
    expect(values).toEqual([JSON.stringify(names)])
    expect(text).toContain('FLATTEN(INPUT => PARSE_JSON(?))')
  })
})

it("reads the original's variables, and those for what it could not do", () => {
  expect(snowflake.environment).toMatchObject({
    account: 'ANOMSTACK_SNOWFLAKE_ACCOUNT',
    user: 'ANOMSTACK_SNOWFLAKE_USER',
    password: 'ANOMSTACK_SNOWFLAKE_PASSWORD',
    warehouse: 'ANOMSTACK_SNOWFLAKE_WAREHOUSE',
    role: 'ANOMSTACK_SNOWFLAKE_ROLE',
    private_key_path: 'ANOMSTACK_SNOWFLAKE_PRIVATE_KEY_PATH',
  })
  const secret = Object.entries(snowflake.options.shape).filter(
    ([, option]) => option.meta()?.secret === true,
  )
  expect(secret.map(([name]) => name)).toEqual(['password', 'private_key', 'private_key_passphrase', 'token'])
})
