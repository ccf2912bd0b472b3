import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { editYaml, type YamlEdit } from '../../src/config/edit-yaml.ts'

const edit = (path: readonly string[], value: YamlEdit['keys'][number]['value']): YamlEdit => ({
  keys: [{ path, value }],
  why: 'because',
})
const edited = (text: string, ...edits: readonly YamlEdit[]) => editYaml(text, 'metrics/a.yaml', edits)

const FILE = `# about
metric_batch:   shop   # the shop

preprocess_params:   { lags_n: 7 }
tholdalert_thresholds:
    # by hand
    orders: {upper: 5}

ingest_sql: |
  select 1
`

describe('editing YAML', () => {
  it('adds a key at the end, with its reason, and keeps all else byte for byte', () => {
    const { text, outcomes } = edited(FILE, edit(['missing'], 'zero'))
    expect(text).toBe(`${FILE}# because\nmissing: zero\n`)
    expect(outcomes).toEqual([{ status: 'written' }])
  })

  it('adds to a map behind its last entry', () => {
    const { text } = edited(FILE, edit(['tholdalert_thresholds', 'a: b'], { lower: 1 }))
    expect(text).toBe(FILE.replace('{upper: 5}\n', '{upper: 5}\n    "a: b":\n      lower: 1\n'))
  })

  it('adds to a map in braces, and keeps the comments', () => {
    const { text } = edited(FILE, edit(['preprocess_params', 'freq'], '1h'))
    expect(parse(text)).toMatchObject({ preprocess_params: { lags_n: 7, freq: '1h' } })
    for (const comment of ['# about', '# the shop', '# by hand']) expect(text).toContain(comment)
  })

  it('overwrites nothing, and writes all keys of an edit or none', () => {
    const both: YamlEdit = {
      keys: [
        { path: ['missing'], value: 'zero' },
        { path: ['metric_batch'], value: 'other' },
      ],
      why: '',
    }
    const { text, outcomes } = edited(
      FILE,
      both,
      edit(['tholdalert_thresholds', 'orders'], { upper: 9 }),
      edit(['ingest_sql', 'x'], 1),
    )
    expect(text).toBe(FILE)
    expect(outcomes).toEqual([
      { status: 'kept', key: 'metric_batch', value: 'shop' },
      { status: 'kept', key: 'tholdalert_thresholds.orders', value: { upper: 5 } },
      { status: 'kept', key: 'ingest_sql', value: 'select 1\n' },
    ])
  })

  it('says what is there already', () => {
    const { text, outcomes } = edited(FILE, edit(['tholdalert_thresholds', 'orders'], { upper: 5 }))
    expect([text, outcomes]).toEqual([FILE, [{ status: 'there' }]])
    const twice = edited(edited(FILE, edit(['step'], '1h')).text, edit(['step'], '1h'))
    expect(twice.outcomes).toEqual([{ status: 'there' }])
  })

  it('knows keys that exclude each other', () => {
    const budget: YamlEdit = { ...edit(['alert_budget'], '1 per week'), insteadOf: ['anomaly_threshold'] }
    const file = 'metric_batch: a\nanomaly_threshold:  0.9   # strict\nstep: 1h\n'
    expect(edited(file, budget)).toEqual({
      text: file,
      outcomes: [{ status: 'kept', key: 'anomaly_threshold', value: 0.9 }],
    })
    expect(edited(file, { ...budget, replace: true }).text).toBe(
      'metric_batch: a\nalert_budget:  1 per week   # strict\nstep: 1h\n',
    )
    const again = 'metric_batch: a\nalert_budget: "2 per day" # x\n'
    expect(edited(again, { ...budget, replace: true }).text).toBe(
      'metric_batch: a\nalert_budget: 1 per week # x\n',
    )
  })

  it.each([
    ['no line end at the end', 'metric_batch: a', 'metric_batch: a\n# because\nstep: 1h\n'],
    ['line ends of Windows', 'metric_batch: a\r\n', 'metric_batch: a\r\n# because\r\nstep: 1h\r\n'],
    ['a byte order mark', '\uFEFFmetric_batch: a\n', '\uFEFFmetric_batch: a\n# because\nstep: 1h\n'],
    ['a comment at the end', 'metric_batch: a\n# end\n', 'metric_batch: a\n# end\n# because\nstep: 1h\n'],
  ])('keeps %s', (_, text, expected) => {
    expect(edited(text, edit(['step'], '1h')).text).toBe(expected)
  })

  it.each([
    ['one map in braces', '{ metric_batch: a, db: sqlite } # c\n'],
    ['a document end', '---\nmetric_batch: a\ndb: sqlite\n...\n'],
    ['a text that keeps its line ends', 'db: sqlite\nmetric_batch: |+\n  a\n\n\n'],
    ['anchors and merges', 'x_base: &base { db: sqlite }\n<<: *base\nmetric_batch: a\n'],
  ])('reads as before with %s', (_, text) => {
    const result = edited(text, edit(['step'], '1h')).text
    expect(parse(result, { merge: true })).toEqual({
      ...(parse(text, { merge: true }) as object),
      step: '1h',
    })
  })

  it('writes names and values that mean something else in YAML', () => {
    const names = ['no', 'on', '12:30:00', '- x', '#', 'a\nb', '"', '{', '*a', '__proto__', ' ']
    for (const name of names) {
      const { text, outcomes } = edited('metric_batch: a\n', edit(['new_normal_from', name], 'yes'))
      expect(outcomes).toEqual([{ status: 'written' }])
      expect(edited(text, edit(['new_normal_from', name], 'yes')).outcomes).toEqual([{ status: 'there' }])
      expect(edited(text, edit(['new_normal_from', 'z'], '1')).outcomes).toEqual([{ status: 'written' }])
    }
    expect(edited('a: 1\n', { ...edit(['b'], 2), why: 'x\ny: 3' }).text).toBe('a: 1\n# x y: 3\nb: 2\n')
  })

  it('refuses a file with faults', () => {
    for (const text of ['a: 1\na: 2\n', 'a: [1\n', '- a\n', '', 'a: 1\n---\nb: 2\n'])
      expect(() => edited(text, edit(['step'], '1h'))).toThrow(/metrics\/a\.yaml.*correct this first/s)
  })
})
