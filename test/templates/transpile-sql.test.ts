import { describe, expect, it } from 'vitest'
import { createSqlTranspiler } from '../../src/templates/transpile-sql.ts'

describe('translating SQL', () => {
  const { transpile } = createSqlTranspiler()

  it('says the same in another dialect, statement by statement', async () => {
    const sql =
      "select date_trunc('day', at) as d, x::int as n from t where at > now() - interval 7 day; select 1;"
    const [first, second, ...others] = await transpile(sql, 'duckdb', 'mysql')
    expect(first).toMatch(/DATE\(`at`\) AS d, CAST\(x AS SIGNED\) AS n FROM t/i)
    expect([second, others]).toEqual(['SELECT 1', []])
  })

  it('leaves the text alone where both are the same', async () => {
    expect(await transpile('selec 1 -- as it is', 'sqlite', 'sqlite')).toEqual(['selec 1 -- as it is'])
  })

  it('says what is wrong with the text, and what the other dialect cannot say', async () => {
    await expect(transpile('selec 1', 'duckdb', 'postgres')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining(
        'could not be translated from duckdb to postgres: Parse error at line 1',
      ),
    })
    await expect(transpile('select list(x) from t', 'duckdb', 'sqlite')).rejects.toMatchObject({
      message: expect.stringContaining('not supported in sqlite'),
    })
  })

  it('translates many at once, each text once', async () => {
    const texts = Array.from({ length: 4 }, (_, i) => `select ${i % 2} as "n"`)
    const made = await Promise.all(texts.map((text) => transpile(text, 'duckdb', 'mysql')))
    expect(made.map(([text]) => text)).toEqual([
      'SELECT 0 AS `n`',
      'SELECT 1 AS `n`',
      'SELECT 0 AS `n`',
      'SELECT 1 AS `n`',
    ])
  })
})
