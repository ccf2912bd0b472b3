import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Fault } from '../../src/config/project.ts'
import { anomstack, folderWith } from './command.ts'

const GOOD = 'metric_batch: good\ndb: sqlite\ningest_sql: select 1\n'
const BAD = `metric_batch: bad
db: sqlite
alert_treshold: 0.9
train_min_n: many
ingest_sql: select 1
`

describe('validate', () => {
  it('lists every fault with file, line, column and suggestion, and fails', async () => {
    const dir = await folderWith({ 'metrics/good.yaml': GOOD, 'metrics/bad.yaml': BAD })
    const { code, stdout, stderr } = await anomstack(['validate', '--project', dir])
    expect([code, stderr]).toEqual([1, ''])
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(
      /^metrics\/bad\.yaml:3:1: error: unknown key "alert_treshold".*\(did you mean alert_threshold\?\)$/,
    )
    expect(lines[1]).toMatch(/^metrics\/bad\.yaml:4:14: error: train_min_n: .*number/)
    expect(lines[2]).toBe('1 batch can run; 2 errors.')
  })

  it('gives the same as JSON', async () => {
    const dir = await folderWith({ 'metrics/good.yaml': GOOD, 'metrics/bad.yaml': BAD })
    const { code, stdout } = await anomstack(['validate', '--json'], { cwd: dir })
    const answer = JSON.parse(stdout) as { batches: string[]; faults: Fault[] }
    expect(code).toBe(1)
    expect(answer.batches).toEqual(['good'])
    expect(answer.faults).toMatchObject([
      {
        severity: 'error',
        file: 'metrics/bad.yaml',
        line: 3,
        column: 1,
        batch: 'bad',
        suggestion: 'alert_threshold',
      },
      { severity: 'error', file: 'metrics/bad.yaml', line: 4, column: 14, batch: 'bad' },
    ])
  })

  it('passes with warnings, unless they count', async () => {
    const dir = await folderWith({ 'metrics/good.yaml': GOOD })
    const env = { ANOMSTACK__GOD__DB: 'sqlite' }
    const [lenient, strict] = await Promise.all([
      anomstack(['validate'], { cwd: dir, env }),
      anomstack(['validate', '--strict'], { cwd: dir, env }),
    ])
    expect(lenient).toMatchObject({
      code: 0,
      stdout:
        'ANOMSTACK__GOD__DB: warning: no batch has this name (did you mean ANOMSTACK__GOOD__…?)\n1 batch can run; 1 warning.\n',
    })
    expect(strict).toEqual({ ...lenient, code: 1 })
  })

  it('points to init where there is no batch, and counts that as a fault only when strict', async () => {
    const dir = await folderWith()
    const [lenient, strict] = await Promise.all([
      anomstack(['validate'], { cwd: dir }),
      anomstack(['validate', '--strict'], { cwd: dir }),
    ])
    expect([lenient.code, strict.code]).toEqual([0, 1])
    expect(lenient.stdout).toContain('There is no batch in')
    expect(lenient.stdout).toContain('anomstack init')
  })

  it('shows no escape sequences of others', async () => {
    const dir = await folderWith({
      'metrics/x.yaml': 'metric_batch: x\n"ev\\e[31mil": 1\ningest_sql: select 1\n',
    })
    const { code, stdout } = await anomstack(['validate'], { cwd: dir })
    expect(code).toBe(1)
    expect(stdout).toContain('unknown key "ev [31mil"')
    expect(stdout).not.toContain('\u001b')
  })
})

describe('schema', () => {
  it('prints a JSON Schema that takes the batches of the examples, and refuses what is wrong', async () => {
    const { code, stdout } = await anomstack(['schema'])
    expect(code).toBe(0)
    const printed = JSON.parse(stdout) as Record<string, unknown>
    expect(printed.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    // zod reads neither conditions, which say what each detector's parameters are, nor patterns of Unicode.
    const schema = z.fromJSONSchema(
      JSON.parse(stdout, (key, value: unknown) =>
        key === 'allOf' || (key === 'pattern' && String(value).includes('\\p')) ? undefined : value,
      ) as typeof printed,
    )
    for (const file of batchFiles('examples')) {
      const batch: unknown = parse(readFileSync(file, 'utf8'))
      expect([file, schema.safeParse(batch).error?.issues]).toEqual([file, undefined])
    }
    for (const wrong of [
      {},
      { metric_batch: 'x', train_min_n: 'many' },
      { metric_batch: 'x', missing: 'maybe' },
      { metric_batch: 'x', model_configs: [{ model_name: 'Nonsense' }] },
    ])
      expect([wrong, schema.safeParse(wrong).success]).toEqual([wrong, false])
  })
})

function batchFiles(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /metrics\/[^/]+\.yaml$/.test(name.replaceAll('\\', '/')))
    .map((name) => path.join(folder, name))
  expect(files.length).toBeGreaterThan(5)
  return files
}
