import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { isMet, type Measurement, type Target } from './measurement.ts'
import { REASONS } from './reasons.ts'

/** What several runs say together. */
export interface Result extends Omit<Measurement, 'value'> {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly runs: number
  /** When, and on what. */
  readonly circumstances: string
}

/** One result for each name that the runs measured. */
export function summarise(runs: readonly (readonly Measurement[])[]): readonly Result[] {
  const circumstances = describeCircumstances()
  const measured = new Map((runs[0] ?? []).map((each) => [each.name, each]))
  return Array.from(measured.values(), ({ name, unit, target }) => {
    const values = runs
      .flatMap((run) => run.filter((each) => each.name === name).map(({ value }) => value))
      .sort((a, b) => a - b)
    const middle = values.length >> 1
    const median = values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
    return {
      name,
      unit,
      ...(target === undefined ? {} : { target }),
      median,
      least: values[0]!,
      most: values.at(-1)!,
      runs: values.length,
      circumstances,
    }
  })
}

/** What earlier calls measured, by benchmark. */
export function newestResults(stored: string | undefined): readonly (readonly [string, readonly Result[]])[] {
  return stored === undefined ? [] : Object.entries(JSON.parse(stored) as Record<string, readonly Result[]>)
}

/** When, and on what, something is measured. */
export function describeCircumstances(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string
  }
  const processors = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' '),
    `${processors.length} cores of ${processors[0]?.model.trim() ?? 'unknown processors'}`,
    `${memory} GB`,
    process.platform,
    `Node ${process.versions.node}`,
    `anomstack ${version}`,
    `load average ${loadavg()[0]!.toFixed(1)} at the end`,
  ].join(', ')
}

const INTRODUCTION = `# Results of the benchmarks

Written by \`npm run bench\`. Each benchmark is taken several times, each time in a new process that runs the compiled program (those that
compare take both sides in turn, several times in one process); the table gives the median, and the least and the most. A load average well above the number of cores means that something else was running, and that times
say little.
`

/** The page: a table for each benchmark, in this order. */
export function resultsPage(
  results: ReadonlyMap<string, readonly Result[]>,
  order: readonly string[],
): string {
  const sections = order.flatMap((name) => {
    const of = results.get(name)
    return of === undefined ? [] : [sectionOf(name, of)]
  })
  return `${INTRODUCTION}\n${sections.join('\n')}`
}

function sectionOf(name: string, results: readonly Result[]): string {
  const rows = results.map((result) => {
    const { median, target } = result
    const verdict = target === undefined ? '' : isMet({ value: median, target }) ? 'met' : 'missed'
    const reason = verdict === 'missed' ? (REASONS[result.name] ?? 'not looked into yet') : ''
    const range =
      result.runs === 1 ? 'one run' : `${show(result, result.least)} – ${show(result, result.most)}`
    return `| ${result.name} | ${showTarget(target, result)} | ${show(result, median)} | ${range} | ${verdict} | ${reason} |`
  })
  return `## ${name}

${results[0]?.circumstances ?? ''}

| what | target | median | least – most | | reason |
|---|---|---|---|---|---|
${rows.join('\n')}
`
}

function showTarget(target: Target | undefined, result: Pick<Result, 'unit'>): string {
  if (target === undefined) return ''
  return 'most' in target ? `at most ${show(result, target.most)}` : `at least ${show(result, target.least)}`
}

function show({ unit }: Pick<Result, 'unit'>, value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit}`
}
