import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/databases/database.ts'
import { motherduckPlace } from '../../src/databases/duckdb/motherduck-place.ts'
import { duckdb } from '../../src/databases/duckdb.ts'
import { motherduck } from '../../src/databases/motherduck.ts'

const TOKEN = "t0ken's-s3cret"
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'anomstack-motherduck-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(options: Record<string, unknown>): Database {
  return motherduck.create(motherduck.options.parse(options), { projectDir: folder })
}
function openPath(options: Record<string, unknown>): Database {
  return duckdb.create(duckdb.options.parse(options), { projectDir: folder })
}

it("takes the original's variables", () => {
  expect(duckdb.environment).toEqual({
    path: 'ANOMSTACK_DUCKDB_PATH',
    motherduck_token: 'ANOMSTACK_MOTHERDUCK_TOKEN',
  })
  expect(motherduck.environment).toMatchObject({ token: 'ANOMSTACK_MOTHERDUCK_TOKEN' })
})

it('keeps the token out of the address', () => {
  const config = { motherduck_token: TOKEN }
  expect(motherduckPlace({ path: 'md:mine', token: TOKEN })).toEqual({ path: 'md:mine', config })
  expect(
    motherduckPlace({ path: `md:mine?motherduck_token=${encodeURIComponent(TOKEN)}&saas_mode=true` }),
  ).toEqual({ path: 'md:mine?saas_mode=true', config })
})

describe('without a token', () => {
  it.each([
    ['motherduck', () => open({ database: 'mine' })],
    ['duckdb with an md: path', () => openPath({ path: 'md:mine' })],
  ])('%s says what to do, and touches no local file', async (_, database) => {
    const opened = database()
    for (const attempt of [
      () => opened.query('SELECT 1'),
      () => opened.metricsTable('metrics').ensure(),
      () => opened.metricsTable('metrics').history({ batch: 'sales', types: ['metric'] }),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
        retryable: false,
        message: expect.stringMatching(/md:mine.*ANOMSTACK_MOTHERDUCK_TOKEN/),
      })
    expect(readdirSync(folder)).toEqual([])
    await opened.close()
  })
})

describe('with a token that opens nothing', () => {
  it.each([
    ['motherduck', () => open({ database: 'mine', token: TOKEN, saas_mode: true })],
    ['duckdb with an md: path', () => openPath({ path: 'md:mine', motherduck_token: TOKEN })],
    ['duckdb with a token in its path', () => openPath({ path: `md:mine?motherduck_token=${TOKEN}` })],
  ])('%s says what to do, without the token, and touches no local file', async (_, database) => {
    const opened = database()
    const error: unknown = await opened.query('SELECT 1').catch((caught: unknown) => caught)
    // Where the extension can be had the token is refused; elsewhere it is the extension that is missing.
    expect(error).toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(
        /MotherDuck database md:mine.*(extensions\.duckdb\.org|check the token)/s,
      ),
    })
    expect(`${inspect(error, { depth: 10, showHidden: true })}${JSON.stringify(error)}`).not.toContain(TOKEN)
    expect(readdirSync(folder)).toEqual([])
    await opened.close()
  })
})
