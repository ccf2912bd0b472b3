import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitStatements } from '../../src/databases/sqlite/statements.ts'
import { stampOf, timestampOf } from '../../src/databases/sqlite/time.ts'
import { quoteTable, tableNameParts } from '../../src/databases/tables/identifiers.ts'

describe('table names', () => {
  it('survive quoting and parsing, whatever they hold', () => {
    const part = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        expect(tableNameParts(quoteTable(parts))).toEqual(parts)
      }),
    )
  })

  it('may mix quotes of all kinds', () => {
    expect(tableNameParts('`a.b`.[c.d]."e""f".plain name')).toEqual(['a.b', 'c.d', 'e"f', 'plain name'])
  })
})

describe('statements for SQLite', () => {
  const piece = fc.constantFrom(
    `SELECT ';'`,
    'SELECT ";"',
    'SELECT `;`',
    'SELECT [;]',
    "SELECT 'it''s;'",
    'SELECT /* ; */ 1',
    'SELECT 1 -- ;\n + 1',
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 1; END',
    'CREATE TEMPORARY TRIGGER IF NOT EXISTS t BEFORE DELETE ON a BEGIN DELETE FROM b; end',
    'CREATE TABLE trigger_log (a)',
    'BEGIN',
    'END',
  )
  const gap = fc.constantFrom(';', ' ; ', ';;', ';\n-- c;\n', '; /* ; */ ;')

  it('are cut at semicolons that end them, and only there', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, gap), { maxLength: 8 }), (parts) => {
        const cut = splitStatements(parts.flat().join(''))
        expect(
          cut.map((each) => each.replace(/^(?:--.*\n|\/\*.*?\*\/|\s)*/, '').replace(/\s*;$/, '')),
        ).toEqual(parts.map(([text]) => text))
      }),
    )
  })

  it('with open quotes or comments are left to SQLite to refuse', () => {
    for (const sql of ["SELECT 'a;", 'SELECT "a;', 'SELECT 1 /* ;', 'SELECT [a;'])
      expect(splitStatements(sql)).toEqual([sql])
  })
})

it('timestamps for SQLite come back exactly and sort as text', () => {
  const time = fc.integer({ min: -62135596800000, max: 253402300799999 })
  fc.assert(
    fc.property(time, time, (a, b) => {
      expect(stampOf(a)).toBe(new Date(a).toISOString().replace('T', ' ').slice(0, 23))
      expect(timestampOf(stampOf(a))).toBe(a)
      expect(stampOf(a) < stampOf(b)).toBe(a < b)
    }),
  )
})
