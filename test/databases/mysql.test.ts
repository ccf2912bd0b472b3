import { expect, it } from 'vitest'
import { withoutEmptyStatements } from '../../src/databases/mysql/statements.ts'
import { mysql } from '../../src/databases/mysql.ts'

it.each([
  ['SELECT 1', 'SELECT 1'],
  ['SELECT 1;', 'SELECT 1'],
  ['SELECT 1 ; ; -- end;\n', 'SELECT 1 '],
  ['SELECT 1; /* ; */ ; # ;\nSELECT 2;;', 'SELECT 1; /* ; */  # ;\nSELECT 2'],
  [';;SELECT 1', 'SELECT 1'],
  ["SELECT ';;', \";\", `;`, 'it''s;', 'a\\';'", "SELECT ';;', \";\", `;`, 'it''s;', 'a\\';'"],
  ['SELECT 1--1; SELECT 2', 'SELECT 1--1; SELECT 2'],
  ['/*!50000 SELECT 1 */;', '/*!50000 SELECT 1 */'],
  ['/*M! SELECT 1 */; -- x', '/*M! SELECT 1 */'],
  ['BEGIN NOT ATOMIC SELECT 1; SELECT 2; END;', 'BEGIN NOT ATOMIC SELECT 1; SELECT 2; END'],
  ["SELECT 'open", "SELECT 'open"],
  ['', ''],
  [' ; -- nothing\n ', ''],
  ['# only a comment', ''],
])('leaves out empty statements of %j', (sql, kept) => {
  expect(withoutEmptyStatements(sql)).toBe(kept)
})

it('keeps every statement on its line', () => {
  const kept = withoutEmptyStatements('SELECT 1;\n;\n-- why;\n;\nSELEC 2')
  expect(kept.split('\n').findIndex((line) => line.includes('SELEC 2'))).toBe(4)
})

it.each(['postgres://x', 'localhost', ''])('takes no address like %j', (url) => {
  expect(mysql.options.safeParse({ url }).success).toBe(false)
})

it.each(['a.b.c', '📈', 'x'.repeat(65), '"ends "'])('refuses a table named %j', async (name) => {
  const database = mysql.create(mysql.options.parse({ host: '127.0.0.1', port: 1 }), { projectDir: '/' })
  await expect(database.metricsTable(name).ensure()).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  await database.close()
})
