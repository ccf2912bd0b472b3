import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AnonymizeRule } from '../../src/config/batch-settings.ts'
import { createAnonymizer } from '../../src/jobs/anonymize-rows.ts'

const KEY = 'a key of sixteen or more'
const EMAIL = '[\\w.+-]+@[\\w.-]+'
const hashed = (text: string, length = 16) =>
  createHmac('sha256', KEY).update(text).digest('hex').slice(0, length)

const anonymizer = (...rules: AnonymizeRule[]) =>
  createAnonymizer({ rules, key: KEY, dimensions: ['customer', 'Country'] })

const row = {
  metric_timestamp: '2024-01-01',
  metric_name: 'orders of joe@example.test',
  metric_value: 5,
  CUSTOMER: 'joe@example.test',
  country: 'Ireland',
  metadata:
    '{"email":"joe@example.test","age":44,"tags":["vip","joe@example.test"],"deep":{"name":"Joe"},"ok":true}',
}

describe('anonymizing rows', () => {
  it('leaves everything alone without rules', () => {
    expect(anonymizer().row(row)).toBe(row)
    expect(anonymizer().text('joe@example.test')).toBe('joe@example.test')
  })

  it('replaces columns by a keyed hash, the same for the same text', () => {
    const { row: hide } = anonymizer({ columns: ['customer', 'metric_name'], how: 'hash' })
    expect(hide(row)).toEqual({
      ...row,
      CUSTOMER: hashed(row.CUSTOMER),
      metric_name: hashed(row.metric_name),
    })
    expect(hide({ ...row, CUSTOMER: 7 })?.CUSTOMER).toBe(hashed('7'))
    const short = anonymizer({ columns: ['customer'], how: 'hash', length: 8 })
    expect(short.row(row)?.CUSTOMER).toBe(hashed(row.CUSTOMER, 8))
  })

  it('hides only what a pattern matches, wherever texts are', () => {
    const { row: hide, text } = anonymizer({ pattern: EMAIL, how: 'mask' })
    expect(hide(row)).toEqual({
      ...row,
      metric_name: 'orders of ***',
      CUSTOMER: '***',
      metadata: '{"email":"***","age":44,"tags":["vip","***"],"deep":{"name":"Joe"},"ok":true}',
    })
    expect(text('could not read "joe@example.test", "ann@example.test"')).toBe('could not read "***", "***"')
  })

  it('hides single keys of metadata, at any depth, and keeps the types of the others', () => {
    const { row: hide } = anonymizer(
      { columns: ['metadata.email', 'metadata.deep.*'], how: 'drop' },
      { columns: ['metadata.age'], how: 'truncate', length: 1 },
    )
    const hidden = { age: '4', tags: ['vip', 'joe@example.test'], deep: {}, ok: true }
    expect(hide(row)?.metadata).toBe(JSON.stringify(hidden))
    expect(hide({ ...row, metadata: JSON.parse(row.metadata) })?.metadata).toEqual(hidden)
  })

  it('hides metadata as a whole, be it a structure or a text', () => {
    expect(anonymizer({ columns: ['metadata'], how: 'drop' }).row(row)?.metadata).toBeUndefined()
    const { row: hide } = anonymizer({ columns: ['metadata'], how: 'truncate', length: 3 })
    expect(hide(row)?.metadata).toBe('{"e')
    expect(hide({ ...row, metadata: { a: 1 } })?.metadata).toBe('{"a')
    const plain = anonymizer({ pattern: EMAIL, how: 'drop' })
    expect(plain.row({ ...row, metadata: 'for joe@example.test only' })?.metadata).toBe('for  only')
  })

  it('masks and truncates by characters, not by halves of them', () => {
    const { row: hide } = anonymizer({ columns: ['customer'], how: 'mask', length: 2 })
    expect(hide({ ...row, CUSTOMER: '😀😀😀' })?.CUSTOMER).toBe('😀😀***')
    const cut = anonymizer({ columns: ['country'], how: 'truncate', length: 3 })
    expect(cut.row(row)?.country).toBe('Ire')
  })

  it('leaves out a row whose name is dropped, and a dimension that is', () => {
    expect(anonymizer({ columns: ['metric_*'], how: 'drop' }).row(row)).toBeUndefined()
    const { row: hide, dimensions } = anonymizer({ columns: ['COUNTRY'], how: 'drop' })
    expect(hide(row)).not.toHaveProperty('country')
    expect(dimensions(['customer', 'Country'])).toEqual(['customer'])
  })

  it('leaves values, times, nothing, and columns that are not stored alone', () => {
    const { row: hide } = anonymizer({ columns: ['*'], how: 'hash' })
    const odd = {
      metric_timestamp: new Date(0),
      metric_name: 'a',
      metric_value: 1,
      customer: null,
      other: 'x',
    }
    expect(hide(odd)).toEqual({ ...odd, metric_name: hashed('a') })
  })
})
