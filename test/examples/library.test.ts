import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { catalogs } from '../../src/catalogs.ts'
import { batchFile } from '../../src/config/batch-keys.ts'
import { loadProject } from '../../src/config/load-project.ts'
import { examplePath } from './example-batch.ts'
import { fileText, library, projectWith } from './example-project.ts'

/** Every example batch that the original has. */
const NAMES = `bigquery_example_simple coindesk currency earthquake eirgrid example_jinja example_simple
  example_sql_file freq_example github gsod gtrends hackernews iss_location netdata netdata_httpcheck
  posthog prometheus python_ingest_simple s3_example_simple sales snowflake_example_simple tomtom
  users weather weather_forecast yfinance`.split(/\s+/)

it('has all 27 batches of the original, under their names', () => {
  expect(library.map(({ name }) => name)).toEqual(NAMES)
  expect(NAMES).toHaveLength(27)
})

it('loads as one project, in which only databases and storages that are not set up are missing', async () => {
  const { batches, faults } = await loadProject(await projectWith(NAMES), catalogs, {})
  const elsewhere = new Map(library.map(({ name, databases, storage }) => [name, { databases, storage }]))
  for (const { batch = '', message } of faults) {
    const { databases = [], storage } = elsewhere.get(batch) ?? {}
    const ofDatabase = databases.some((kind) => message.startsWith('db: ') && message.includes(`"${kind}"`))
    const ofStorage = storage !== undefined && message.startsWith('model_path: ')
    // The project sends e-mail from nowhere.
    const ofChannel = message.startsWith('alert_methods: ') && message.includes('"email"')
    expect([batch, message, ofDatabase || ofStorage || ofChannel]).toEqual([batch, message, true])
  }
  const anywhere = library.filter(({ storage }) => storage === undefined)
  expect([...batches.keys()]).toEqual(expect.arrayContaining(anywhere.map(({ name }) => name)))
})

describe.each(library)('$name', (example) => {
  const { name, files, network, python, variables, optional, settings } = example
  const keys = parse(fileText(name, `${name}.yaml`)) as Record<string, unknown>
  const code = files.filter((file) => /\.(ts|py)$/.test(file)).map((file) => fileText(name, file))

  it('is a valid batch of its own name, that runs by itself', () => {
    const batch = batchFile.parse(keys)
    expect(batch.metric_batch).toBe(name)
    expect(keys).toHaveProperty('schedule')
    expect(keys).toHaveProperty('train_cron_schedule')
    expect(batch.disable_batch).toBe(false)
    const source = String(keys.ingest_sql ?? keys.ingest_fn)
    for (const [, included] of source.matchAll(/include "\.\/examples\/([^"]+)"/g))
      expect(() => readFileSync(examplePath('library', included!))).not.toThrow()
  })

  it('says what it watches, and what must be set where it is set', () => {
    expect(example.watches).toMatch(/^[A-Z].*\.$/)
    for (const key of Object.keys(settings)) expect(keys).toHaveProperty(key)
    const allowed = [...((keys.function_variables ?? []) as string[])]
    for (const variable of [...Object.keys(variables), ...Object.keys(optional)]) {
      expect(code.join('\n')).toContain(variable)
      expect(variable.startsWith('ANOMSTACK_FN_') || allowed.includes(variable)).toBe(true)
    }
    for (const variable of allowed) expect({ ...variables, ...optional }).toHaveProperty(variable)
  })

  it('has code that is no template, and an address that can be another', () => {
    for (const text of code) expect(text).not.toMatch(/\{[{%#]/)
    expect(python).toBe(files.some((file) => file.endsWith('.py')))
    // Of hosts of one domain, the code may put the names together.
    for (const host of network?.split(', ') ?? [])
      expect(code.join('\n')).toContain(host.split('.').slice(-2).join('.'))
    if (network !== undefined) expect(code.join('\n')).toContain(`ANOMSTACK_FN_${name.toUpperCase()}_URL`)
  })
})
