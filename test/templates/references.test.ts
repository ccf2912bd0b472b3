import { describe, expect, it } from 'vitest'
import { templateReferences } from '../../src/templates/references.ts'
import { templateTags } from '../../src/templates/tags.ts'

function references(text: string) {
  const { templates, required, computed, names } = templateReferences(text)
  return { templates: [...templates], required: [...required], computed, names: [...names] }
}

describe('templateTags', () => {
  it('finds tags with their signs, and skips comments, raw blocks and text', () => {
    const text = '{# {{ a }} #}{{- b +}} {%+ if c -%}{% raw %}{{ d }}{% endraw %}{ { e } }'
    expect(
      templateTags(text).map(({ kind, before, after, content }) => [kind, before, after, content.trim()]),
    ).toEqual([
      ['print', '-', '+', 'b'],
      ['block', '+', '-', 'if c'],
    ])
  })

  it('is not misled by braces in strings and maps', () => {
    expect(templateTags(`{{ '}}' ~ "%}" ~ {'a': {'b': '\\''}} }}x`).map(({ end }) => end)).toEqual([38])
  })

  it.each(['{{ a', '{% a', '{# a', "{{ 'a }}", '{% raw %}{{ a }}', '{', '{{', '{%-'])(
    'stops at %j, which is not closed',
    (text) => {
      expect(templateTags(text)).toEqual([])
    },
  )
})

describe('templateReferences', () => {
  it.each([
    ['{% include "./a.sql" %}', ['./a.sql'], ['./a.sql'], false],
    ["{%- include 'a.sql' ignore missing -%}", ['a.sql'], [], false],
    ['{% include ["a", "b"] %}', ['a', 'b'], [], false],
    [
      '{% import "m" as m %}{% from "n" import x as y %}{% extends "p" %}',
      ['m', 'n', 'p'],
      ['m', 'n', 'p'],
      false,
    ],
    ['{% include "a" with context %}', ['a'], ['a'], false],
    ['{% include name %}', [], [], true],
    ['{% include "a" ~ name %}', ['a'], ['a'], true],
    ['{% include "a" if x else "b" %}', ['a', 'b'], ['a', 'b'], true],
    ['{{ "include \'x\'" }} include "y"', [], [], false],
  ])('%j', (text, templates, required, computed) => {
    expect(references(text)).toMatchObject({ templates, required, computed })
  })

  it('names what may be a variable, but no attributes and no strings', () => {
    expect(
      references('{{ a.b["c"] }} {% if größe is defined %} {{ "{{ d }}" }} e {# {{ f }} #}').names,
    ).toEqual(['a', 'if', 'größe', 'is', 'defined'])
  })
})
