import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadProject } from '../../src/config/load-project.ts'
import { batchText, catalogs, faultLines, load, projectFolder } from './project-folder.ts'

const prometheus = {
  name: 'prometheus',
  summary: 'Can only be read.',
  readOnly: true as const,
  options: z.strictObject({ url: z.string().default('http://localhost:9090') }),
  example: {},
}

function loadWithPrometheus(files: Readonly<Record<string, string>>) {
  const databases = new Map([...catalogs.databases, [prometheus.name, prometheus]])
  return loadProject(projectFolder(files), { ...catalogs, databases }, {})
}

describe('a database that can only be read', () => {
  it.each([
    ['db: prometheus', 'duckdb'],
    ['data_source: prometheus', 'duckdb'],
    ['data_source: metrics', 'duckdb'],
  ])('as %s is where ingest reads, and the default one holds the metrics table', async (line, db) => {
    const project = await loadWithPrometheus({
      'anomstack.yaml': 'connections: {metrics: {kind: prometheus}}\n',
      'metrics/sales.yaml': batchText(line),
    })
    expect(faultLines(project)).toEqual([])
    expect(project.batches.get('sales')?.settings).toMatchObject({ db, ingest_db: line.split(': ')[1] })
  })

  it('leaves the table to the database that the defaults of the project name', async () => {
    const project = await loadWithPrometheus({
      'anomstack.yaml': 'defaults: {db: sqlite}\n',
      'metrics/sales.yaml': batchText('db: prometheus'),
    })
    expect(project.batches.get('sales')?.settings).toMatchObject({ db: 'sqlite', ingest_db: 'prometheus' })
  })

  it('may be named beside the one for the table', async () => {
    const project = await loadWithPrometheus({
      'metrics/sales.yaml': batchText('db: sqlite', 'ingest_db: prometheus'),
    })
    expect(faultLines(project)).toEqual([])
    expect(project.batches.get('sales')?.settings).toMatchObject({ db: 'sqlite', ingest_db: 'prometheus' })
  })

  it('is checked like any other', async () => {
    const project = await load({ 'metrics/sales.yaml': batchText('ingest_db: postgress') })
    expect(faultLines(project)[0]).toContain(
      'ingest_db: unknown database or connection "postgress"; known: duckdb, postgres, sqlite (did you mean postgres?)',
    )
  })
})

describe('dimensions and anonymize', () => {
  it.each([
    [
      'dimensions: [country, Country]',
      '3:23: error: dimensions: "Country" has a meaning of its own, or is listed twice',
    ],
    [
      'dimensions: [metric_value]',
      '3:14: error: dimensions: "metric_value" has a meaning of its own, or is listed twice',
    ],
    ['dimensions: ["a=b"]', '3:14: error: dimensions: "a=b" is not a name; give the column another with AS'],
    ['anonymize: [{how: mask}]', '3:13: error: anonymize[0]: expected columns, a pattern, or both'],
    [
      "anonymize: [{pattern: '(', how: mask}]",
      '3:23: error: anonymize: Invalid regular expression: /(/gu: Unterminated group',
    ],
    [
      'anonymize: [{columns: [metric_value], how: mask}]',
      '3:24: error: anonymize: metric_value cannot be hidden; choose from metric_name, dimensions and metadata',
    ],
    [
      'anonymize: [{columns: [metric_nam], how: mask}]',
      '3:24: error: anonymize: "metric_nam" is neither metric_name nor one of the dimensions nor metadata (did you mean metric_name?)',
    ],
    [
      'anonymize: [{columns: [metadata.email], how: hash}]',
      '3:12: error: anonymize: hash needs a secret key of at least 16 characters: set ANOMSTACK_ANONYMIZE_KEY',
    ],
  ])('%s', async (line, expected) => {
    const project = await load({ 'metrics/sales.yaml': batchText(line) })
    expect(faultLines(project).map((fault) => fault.replace('metrics/sales.yaml:', ''))).toEqual([expected])
  })

  it('keeps the key of hashes secret', async () => {
    const key = 'sixteen or more characters'
    const line = 'anonymize: [{columns: [metadata.email], how: hash}]'
    const project = await load({ 'metrics/sales.yaml': batchText(line) }, { ANOMSTACK_ANONYMIZE_KEY: key })
    expect(faultLines(project)).toEqual([])
    expect(project.secrets).toContain(key)
    expect(JSON.stringify([...project.batches])).not.toContain(key)
  })
})
