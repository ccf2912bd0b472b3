import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchName, tableBatch, timeCandidates } from '../../src/cli/table-batches.ts'
import { postgresDialect } from '../../src/databases/postgres/dialect.ts'
import { startPostgres, type TestPostgres } from '../postgres/start-postgres.ts'
import { anomstack, folderWith } from './command.ts'

const DAY = 86_400_000

/** A shop with orders of 40 days, a table without times, one without rows, and one of an odd name. */
async function shop(): Promise<string> {
  const dir = await folderWith()
  const file = path.join(dir, 'shop.db')
  const database = new Database(file)
  database.exec(
    `create table orders (id integer primary key, created_at text, amount real, customer_id integer, "user" text);
     create table settings (key text, value text); create table empty (at timestamp);
     create table "odd ""name"", {{ x }}" (day date, "it's {% n %}" integer)`,
  )
  const insert = database.prepare('insert into orders values (null, ?, ?, ?, ?)')
  for (let day = 0; day < 40; day++)
    for (let n = 0; n < 3; n++)
      insert.run(new Date(Date.now() - day * DAY - n * 60_000).toISOString(), 10 + n, 7, n === 0 ? null : 'u')
  database.exec(`insert into "odd ""name"", {{ x }}" values (date('now'), 5)`)
  database.close()
  return file
}

describe('what of a table is watched', () => {
  it('is counted by the time that says when a row came about', () => {
    const columns = (names: readonly string[], kind: 'time' | 'date' | 'other' | 'number') =>
      names.map((name) => ({ name, kind }))
    const best = (...found: ReturnType<typeof columns>) =>
      timeCandidates({ name: 't', columns: found }).map(({ name }) => name)
    expect(best(...columns(['updated', 'CREATED_AT', 'deleted_at'], 'time'))).toEqual([
      'CREATED_AT',
      'deleted_at',
      'updated',
    ])
    expect(best(...columns(['note', 'event_time'], 'other'), ...columns(['born'], 'date'))).toEqual([
      'born',
      'event_time',
    ])
    expect(best(...columns(['created_at'], 'number'), ...columns(['note'], 'other'))).toEqual([])
  })

  it('has a batch of a plain name, whatever its own', () => {
    expect(batchName('shop', '"sales.eu"."Öl & Gas"')).toBe('shop_sales_eu_öl_gas')
    const columns = [{ name: 'at', kind: 'time' as const }]
    const text = tableBatch(
      { table: { name: 'a', columns }, time: columns[0]!, isCurrent: false },
      { connection: 'shop', dialect: postgresDialect },
    )
    expect(text).toContain('metric_batch: shop_a')
    expect(text).not.toContain('fresh_within')
  })
})

describe('init --from', () => {
  it('takes a file, watches every table that has times, and goes through their past', async () => {
    const file = await shop()
    const dir = path.join(await folderWith(), 'new')
    const { code, stdout, stderr } = await anomstack(['init', dir, '--from', file, '--yes'])
    expect(stderr).not.toMatch(/error|warn/i)
    expect(code).toBe(0)
    expect(stdout).toContain('left out: settings (no column of times)')
    expect(stdout).toContain('left out: empty (no rows with a time)')
    expect(stdout).toMatch(/source_orders backfill succeeded/)
    expect(stdout).toMatch(/source_odd_name_x backfill succeeded/)
    const batch = await readFile(path.join(dir, 'metrics/source_orders.yaml'), 'utf8')
    expect(batch).toContain('sum_amount')
    expect(batch).toContain('null_rate_user')
    expect(batch).not.toContain('sum_customer_id')
    expect(batch).toContain('fresh_within: 3d')
    const { code: valid } = await anomstack(['validate', '--strict', '--project', dir])
    expect(valid).toBe(0)
    const again = await anomstack(['init', dir, '--from', 'source', '--yes'])
    expect(again.code).toBe(0)
    expect(again.stdout).toContain('kept     metrics/source_orders.yaml')
  })

  it.each([
    [['--from', 'nowhere', '--yes'], 'there is no connection "nowhere"'],
    [['--from', 'oracle://scott:tiger@host/db', '--yes'], 'there is no connection "oracle://…"'],
    [['--from', 'prometheus', '--yes'], 'a database of kind prometheus has no tables to choose from'],
    [['--from', 'sqlite'], 'Away from a terminal, --yes takes all of them'],
    [['--from', 'sqlite', '--yes'], 'has no table with rows and a column of times'],
  ])('%j is refused with advice', async (args, message) => {
    const { code, stderr } = await anomstack(['init', await folderWith(), ...args])
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('tiger')
  })

  describe('with the address of a server', () => {
    let postgres: TestPostgres
    beforeAll(async () => {
      postgres = await startPostgres()
    })
    afterAll(() => postgres.stop())

    it('keeps the address out of files that are shared, and comments where they are', async () => {
      const url = await postgres.createDatabase()
      const { openPostgres } = await import('../../src/databases/postgres/open-postgres.ts')
      const database = openPostgres({ url })
      await database.query(
        `create table visits (at timestamptz, "Länge" numeric); insert into visits select now() - n * interval '1 day', n from generate_series(1, 30) n`,
      )
      await database.close()
      const dir = await folderWith({
        'anomstack.yaml': '# ours\nconnections:\n  # the lake\n  lake: {kind: duckdb, path: lake.db}\n',
        '.env': 'SOURCE_URL=taken',
      })
      const { code } = await anomstack(['init', dir, '--from', url, '--yes'])
      expect(code).toBe(0)
      const yaml = await readFile(path.join(dir, 'anomstack.yaml'), 'utf8')
      expect(yaml).toContain('# the lake')
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how anomstack.yaml asks for a variable
      expect(yaml).toContain('url: ${SOURCE_URL_2}')
      expect(await readFile(path.join(dir, '.env'), 'utf8')).toBe(
        `SOURCE_URL=taken\nSOURCE_URL_2='${url.replaceAll("'", '%27')}'\n`,
      )
      expect(await readFile(path.join(dir, 'metrics/source_visits.yaml'), 'utf8')).toContain('avg_Länge')
    })

    it('makes .env readable by its owner alone', async () => {
      const url = await postgres.createDatabase()
      const dir = await folderWith()
      await anomstack(['init', dir, '--from', url, '--yes'])
      expect((await stat(path.join(dir, '.env'))).mode & 0o777).toBe(0o600)
    })
  })

  it('leaves a broken anomstack.yaml alone', async () => {
    const dir = await folderWith()
    await writeFile(path.join(dir, 'anomstack.yaml'), 'connections: [')
    const { code, stderr } = await anomstack(['init', dir, '--from', await shop(), '--yes'])
    expect(code).toBe(2)
    expect(stderr).toContain('correct it first')
    expect(await readFile(path.join(dir, 'anomstack.yaml'), 'utf8')).toBe('connections: [')
  })
})
