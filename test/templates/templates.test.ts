import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AnomstackError } from '../../src/core/errors.ts'
import { createTemplates, type Templates } from '../../src/templates/templates.ts'

const AT = { batch: 'sales', file: 'metrics/sales.yaml' }

let dir: string
let templates: Templates

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'anomstack-templates-'))
  templates = createTemplates(dir)
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function write(name: string, text: string): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  writeFileSync(join(dir, name), text)
}

function render(text: string, variables: Record<string, unknown> = {}): string {
  return templates.render(text, variables, AT)
}

function failure(act: () => unknown): AnomstackError {
  try {
    act()
  } catch (error) {
    if (error instanceof AnomstackError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('what a template prints', () => {
  it.each([
    ['{{ yes }} {{ no }} {{ nothing }}', 'True False None'],
    ['OR {{ yes }} = True', 'OR True = True'],
    ['[{{ missing }}]', '[]'],
    ['{{ 1 == 1 }} {{ 6 / 2 }} {{ 0.8 }} {{ 90 }}', 'True 3.0 0.8 90'],
    ["{{ ','.join(list) }}", "a,it's"],
    ['{{ list }}', `['a', "it's"]`],
    ['{{ map }}', "{'k': [True, None, 1.5]}"],
    ["{{ {'a': {'b': 1}}['a']['b'] }}", '1'],
    ["{{ '}}' }}", '}}'],
    ["{{ 'it\\'s' }}", "it's"],
    ['a  {{- 1 -}}  b', 'a1b'],
    ['{# {{ nothing }} #}x', 'x'],
    ['{% raw %}{{ yes }}{% endraw %}', '{{ yes }}'],
    ['<b> & "{{ quoted }}"', '<b> & "<i>"&\'"'],
    ['{% if list is defined %}y{% endif %}{% if missing is not defined %}n{% endif %}', 'yn'],
    [
      "{% set metrics = ['a','b'] %}{% for m in metrics %}{{ m }}{% if not loop.last %} union all {% endif %}{% endfor %}",
      'a union all b',
    ],
    ['{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f(yes) }}', '[True]'],
    ['{{ "yes" if yes else "no" }}', 'yes'],
    ['{% if no %}wrong{% endif %}', ''],
    ['{% for x in [yes, no] if x %}{{ x }}{% endfor %}', 'True'],
    ['one\n', 'one'],
    ['one\n\n', 'one\n'],
    ['one\r\ntwo\r\n', 'one\ntwo'],
    ['', ''],
  ])('%j', (text, expected) => {
    const variables = {
      yes: true,
      no: false,
      nothing: null,
      list: ['a', "it's"],
      map: { k: [true, null, 1.5] },
      quoted: '<i>"&\'',
    }
    expect(render(text, variables)).toBe(expected)
  })

  it('leaves text without tags alone, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/\{[{%#]|[\r\uFEFF]|\n$/.test(text)),
        (text) => render(text) === text,
      ),
    )
  })

  it('puts any text in where it is printed, unchanged', () => {
    fc.assert(fc.property(fc.string(), (text) => render('{{ value }}', { value: text }) === text))
    expect(render('{{ value }}', { value: '{{ secret }}', secret: 'x' })).toBe('{{ secret }}')
  })

  it('reads frozen variables and hostile names', () => {
    const variables = Object.freeze(JSON.parse('{"__proto__": 7, "constructor": "c", "a": {"__proto__": 1}}'))
    expect(render('{{ constructor }} {{ a.missing }}', variables)).toBe('c ')
  })
})

describe('includes', () => {
  it('are resolved from the metrics folder, with and without ./, and see the variables', () => {
    write('examples/sales/sales.sql', 'select {{ n }}\n')
    expect(
      render('{% include "./examples/sales/sales.sql" %};{% include "examples/sales/sales.sql" %}', { n: 1 }),
    ).toBe('select 1;select 1')
  })

  it('include others', () => {
    write('a.sql', '[{% include "./b.sql" %}]')
    write('b.sql', '{{ flag }}')
    expect(render('{% include "a.sql" %}', { flag: false })).toBe('[False]')
  })

  it('may have computed names, also next to files that are not valid templates', () => {
    write('eu.sql', 'EU')
    write('README.md', 'write {{ and {% everywhere')
    expect(render('{% include region ~ ".sql" %}', { region: 'eu' })).toBe('EU')
    expect(failure(() => render('{% include name %}', { name: 'README.md' })).message).toContain('README.md')
  })

  it('may be missing where that is said', () => {
    write('b.sql', 'B')
    expect(render('{% include "a.sql" ignore missing %}{% include ["a.sql", "b.sql"] %}')).toBe('B')
  })

  it('bring macros', () => {
    write('macros.sql', '{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}')
    expect(render('{% from "./macros.sql" import twice %}{{ twice(1) }}')).toBe('11')
    expect(render('{% import "macros.sql" as m %}{{ m.twice(2) }}')).toBe('22')
  })

  it('are extended', () => {
    write('base.sql', '<{% block body %}base {{ flag }}{% endblock %}>')
    expect(
      render('{% extends "base.sql" %}{% block body %}{{ super() }} more{% endblock %}', { flag: true }),
    ).toBe('<base True more>')
  })

  it('are read again when they change, appear or vanish', () => {
    write('a.sql', 'one')
    expect(render('{% include "a.sql" %}')).toBe('one')
    write('a.sql', 'two')
    expect(render('{% include "a.sql" %}')).toBe('two')
    rmSync(join(dir, 'a.sql'))
    expect(failure(() => render('{% include "a.sql" %}')).code).toBe('TEMPLATE_FAILED')
    write('a.sql', 'three')
    expect(render('{% include "a.sql" %}')).toBe('three')
  })

  it('are not escaped, whatever their ending', () => {
    const quoted = `"<it's>"`
    for (const name of ['a.js', 'a.json', 'a.py', 'a.md', 'a.txt']) {
      write(name, 'x = {{ value }}; y = {{ flag }}')
      expect(render(`{% include "${name}" %}`, { value: quoted, flag: true })).toBe(`x = ${quoted}; y = True`)
    }
  })

  it('may have Windows line ends and a byte-order mark', () => {
    write('a.sql', '\uFEFFselect 1\r\nfrom t\r\n')
    expect(render('{% include "a.sql" %}')).toBe('select 1\nfrom t')
  })

  it.each([
    '../outside.sql',
    './../outside.sql',
    'a/../../outside.sql',
    'a\\..\\outside.sql',
    '/etc/passwd',
    '.env',
    'a/.secret.sql',
    'data.bin',
    '',
    '/',
  ])('never read %j', (name) => {
    write('a/.secret.sql', 'secret')
    write('.env', 'secret')
    write('data.bin', 'secret')
    const inner = createTemplates(join(dir, 'a'))
    write('outside.sql', 'secret')
    const text = `{% include ${JSON.stringify(name)} %}`
    expect(failure(() => inner.render(text, {}, AT)).message).not.toContain('secret ')
    expect(failure(() => inner.render(text, {}, AT)).code).toBe('TEMPLATE_FAILED')
  })
})

describe('errors', () => {
  it('name batch, file and line of the text', () => {
    const error = failure(() =>
      templates.render('select 1\n{{ foo( }}', {}, { batch: 'sales', file: 'metrics/sales.sql' }),
    )
    expect(error.code).toBe('TEMPLATE_FAILED')
    expect(error.message).toBe('batch "sales", metrics/sales.sql:2: syntax error: unexpected `}`')
  })

  it('do not pass a line of an inline text off as one of the YAML file', () => {
    const error = failure(() => render('select 1\nfrom {{ a.b.c }}'))
    expect(error.at).toEqual(AT)
    expect(error.problem).toBe(
      'a part of an undefined variable is used, in line 2 of the text: "from {{ a.b.c }}"',
    )
  })

  it('name the included file in which something is wrong, however deep', () => {
    write('a.sql', 'x\n{% include "./sql/b.sql" %}')
    write('sql/b.sql', '\n\n{{ a.b.c }}')
    expect(failure(() => render('{% include "a.sql" %}')).at).toEqual({
      batch: 'sales',
      file: 'sql/b.sql',
      line: 3,
    })
    write('sql/b.sql', '{% if %}')
    expect(failure(() => render('{% include "a.sql" %}')).at).toEqual({
      batch: 'sales',
      file: 'sql/b.sql',
      line: 1,
    })
  })

  it('say that includes start at the metrics folder', () => {
    const error = failure(() => render('\n{% include "./nope.sql" %}'))
    expect(error.message).toContain('there is no file "./nope.sql" in the metrics folder')
    expect(failure(() => render('{% include "../x.sql" %}')).message).toContain(
      'leads out of the metrics folder',
    )
  })

  it('end endless loops and includes, and the next rendering works', () => {
    const loop = '{% for x in range(9999) %}{% for y in range(9999) %}{% endfor %}{% endfor %}'
    expect(failure(() => render(loop)).message).toContain('too many steps')
    write('a.sql', '{% include "a.sql" %}')
    expect(failure(() => render('{% include "a.sql" %}')).message).toContain('includes itself')
    expect(failure(() => render(`{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`)).code).toBe(
      'TEMPLATE_FAILED',
    )
    expect(render('{{ 1 }}')).toBe('1')
  })

  it.each([
    '{{ x',
    '{% if x',
    '{# x',
    '{{ "x }}',
    '{{ }}',
    '{% raw %}x',
    '{% endif %}',
    '{{ x | nosuchfilter }}',
    "{{ '%s' %}",
  ])('%j is refused', (text) => {
    expect(failure(() => render(text)).code).toBe('TEMPLATE_FAILED')
  })
})
