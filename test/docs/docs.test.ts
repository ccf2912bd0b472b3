import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { GENERATED_FILES, withGeneratedParts } from '../../scripts/docs.ts'
import { catalogs } from '../../src/catalogs.ts'
import { BATCH_KEYS, batchFile } from '../../src/config/batch-keys.ts'
import { loadProject } from '../../src/config/load-project.ts'
import { ERROR_KINDS } from '../../src/core/errors.ts'
import { createFunctionRunner } from '../../src/functions/create-function-runner.ts'
import { createProject } from '../project.ts'
import { allPages, brokenLink, codeBlocks, localLinks, pageText } from './pages.ts'

describe('what is generated', () => {
  it.each(GENERATED_FILES)('%s is current (`npm run docs` writes it)', (page) => {
    const text = pageText(page)
    expect(text).toContain('<!-- generated: ')
    expect(withGeneratedParts(text)).toBe(text)
  })

  it('keeps what is written by hand, and refuses a part that nothing makes', () => {
    const made = withGeneratedParts('before\n<!-- generated: errors -->\nold\n<!-- end -->\nafter')
    expect(made).toMatch(/^before\n<!-- generated: errors -->\n\n\| code .*<!-- end -->\nafter$/s)
    expect(made).not.toContain('old')
    expect(() => withGeneratedParts('<!-- generated: nonsense --><!-- end -->')).toThrow('"nonsense"')
  })
})

describe('links', () => {
  it.each(allPages())('of %s lead somewhere', (page) => {
    expect(localLinks(page).flatMap((link) => brokenLink(page, link) ?? [])).toEqual([])
  })

  it('are found, and found broken', () => {
    expect(localLinks('README.md')).toContain('docs/errors.md')
    expect(brokenLink('README.md', 'docs/nowhere.md')).toContain('there is no docs/nowhere.md')
    expect(brokenLink('README.md', 'docs/guide/alerts.md#nowhere')).toContain('there is no such heading')
    expect(brokenLink('docs/guide/channels.md', 'alerts.md#deliveries')).toBeUndefined()
  })

  it('lead from the README to every guide, at most over one other page', () => {
    const linked = new Set(localLinks('README.md').map((link) => link.split('#')[0]))
    const fromGuides = allPages()
      .filter((page) => linked.has(page))
      .flatMap((page) => localLinks(page).map((link) => `docs/guide/${link.split('#')[0]}`))
    for (const page of allPages().filter((each) => each.startsWith('docs/guide/')))
      expect([page, linked.has(page) || fromGuides.includes(page)]).toEqual([page, true])
  })
})

describe('documented is', () => {
  it('every key of a batch, with its meaning', () => {
    const page = pageText('docs/guide/batches.md')
    for (const key of BATCH_KEYS)
      expect(page).toMatch(new RegExp(`^\\| \`${key}\` \\| .+ \\| .{5,} \\|$`, 'm'))
  })

  it('every error', () => {
    const page = pageText('docs/errors.md')
    for (const [code, { status }] of Object.entries(ERROR_KINDS))
      expect(page).toContain(`| \`${code}\` | ${status} |`)
  })

  it.each(Object.entries(catalogs))('every option of the %s, with an example', (kind, catalog) => {
    const page = pageText(`docs/guide/${kind}.md`)
    for (const { name, options, environment = {} } of catalog.values()) {
      const section = page.split(/^## /m).find((each) => each.startsWith(`${name}\n`)) ?? ''
      expect(section).toMatch(/```yaml\n.+```/s)
      for (const option of Object.keys(options.shape)) expect(section).toContain(`\`${option}\``)
      for (const variable of Object.values(environment)) expect(section).toContain(`\`${variable}\``)
    }
  })

  it('every environment variable that the configuration reads', () => {
    const sources = readdirSync('src/config').map((file) => readFileSync(`src/config/${file}`, 'utf8'))
    const variables = new Set(sources.flatMap((text) => text.match(/'ANOMSTACK_[A-Z_]*[A-Z]'/g) ?? []))
    const pages = allPages().map(pageText).join('\n')
    expect(variables.size).toBeGreaterThan(10)
    for (const variable of variables) expect(pages).toContain(`\`${variable.slice(1, -1)}\``)
  })
})

describe('examples', () => {
  const yaml = allPages().flatMap((page) => codeBlocks(page, 'yaml').map((code) => [page, code] as const))

  it('are YAML, and whole batches are valid', () => {
    for (const [page, code] of yaml) {
      const value = parse(code) as Record<string, unknown>
      const problems = 'metric_batch' in value ? batchFile.safeParse(value).error?.issues : undefined
      expect([page, problems]).toEqual([page, undefined])
    }
  })

  it('of a complete batch and of every plug-in load without a fault', async () => {
    const complete = codeBlocks('docs/guide/batches.md', 'yaml')[0]!
    expect(complete).toContain('metric_batch: shop')
    const sections = ['channels', 'databases'].flatMap((page) => codeBlocks(`docs/guide/${page}.md`, 'yaml'))
    expect(sections.length).toBeGreaterThan(7)
    for (const section of sections) {
      const dir = await createProject({ 'metrics/shop.yaml': complete, 'anomstack.yaml': section })
      const asked = [...section.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!)
      const { batches, faults } = await loadProject(dir, catalogs, Object.fromEntries(asked.map(anyValue)))
      expect([section, faults]).toEqual([section, []])
      expect([...batches.keys()]).toEqual(['shop'])
    }
  })

  it('of preprocessing runs as it is described', async () => {
    const { preprocess_fn: text, preprocess_params: params } = parse(
      codeBlocks('docs/guide/batches.md', 'yaml').find((code) => code.includes('preprocess_fn:'))!,
    ) as { preprocess_fn: string; preprocess_params: Record<string, unknown> }
    const values = Float64Array.from({ length: 10 }, (_, day) => day * day)
    const timestamps = values.map((_, day) => day * 86_400_000)
    const [features] = await createFunctionRunner({ environment: process.env }).preprocess(
      { language: 'typescript', text, file: '/docs.ts' },
      [{ metric: 'x', series: { timestamps, values }, params }],
      { timeoutMs: 30_000, memoryMb: 256 },
    )
    expect(Array.from(features!.timestamps)).toEqual(Array.from(timestamps.slice(7)))
    expect(Array.from(features!.data)).toEqual([49, 49, 63, 64, 77, 81])
  })
})

/** A variable and a value that suits it. */
function anyValue(name: string): [string, string] {
  const scheme = /MYSQL|MARIADB/.test(name)
    ? 'mysql'
    : /POSTGRES|WAREHOUSE|REDSHIFT/.test(name)
      ? 'postgres'
      : 'https'
  return [name, `${scheme}://localhost/x`]
}
