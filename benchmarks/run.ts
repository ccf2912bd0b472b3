// `npm run bench [name…]`: takes every benchmark, or those named, several times, each time in a new process, and writes RESULTS.md.
// With `-- --quick` each is taken once, some with fewer rows, and nothing is written.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Benchmark, Measurement } from './measurement.ts'
import { newestResults, type Result, resultsPage, summarise } from './results-page.ts'

/** How often each is taken; the long ones less. */
const RUNS: Readonly<Record<string, number>> = {
  pipeline: 3,
  upsert: 5,
  detect: 5,
  start: 5,
  clone: 1,
  models: 3,
  detectors: 1,
  'detectors-many-rows': 1,
  threads: 1,
  databases: 1,
  tables: 1,
  orchestrator: 3,
  simulation: 1,
  scheduler: 3,
  'fan-out': 3,
  soak: 1,
}
const LOCAL = '--once'
const QUICK = '--quick'
const MARK = 'measurements: '
const root = fileURLToPath(new URL('..', import.meta.url))
const pageFile = new URL('./RESULTS.md', import.meta.url)
const storeFile = new URL('./results.json', import.meta.url)

const quick = process.argv.includes(QUICK)
const [first, ...rest] = process.argv.slice(2).filter((each) => each !== QUICK)
if (first === LOCAL) {
  const { benchmark } = (await import(new URL(`./${rest[0]}.ts`, import.meta.url).href)) as {
    readonly benchmark: Benchmark
  }
  process.stdout.write(`${MARK}${JSON.stringify(await benchmark({ quick }))}\n`)
} else measureAll(first === undefined ? Object.keys(RUNS) : [first, ...rest])

function measureAll(names: readonly string[]): void {
  const unknown = names.filter((name) => !Object.hasOwn(RUNS, name))
  if (unknown.length > 0) {
    process.stderr.write(
      `there is no benchmark ${unknown.join(', ')}; there are ${Object.keys(RUNS).join(', ')}\n`,
    )
    process.exitCode = 1
    return
  }
  const code = "import('./scripts/prepare.mjs').then((prepare) => prepare.build())"
  run(['--input-type=module', '--eval', code])
  for (const name of names) {
    let measured: readonly Result[]
    try {
      const times = quick ? 1 : RUNS[name]!
      const runs = Array.from({ length: times }, (_, i) => {
        process.stderr.write(`${name} ${i + 1}/${times} …\n`)
        return measureOnce(name)
      })
      measured = summarise(runs)
    } catch (error) {
      // What was measured before stays on the page.
      process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
      continue
    }
    for (const { name: what, median, unit } of measured)
      process.stdout.write(`${what}: ${Number(median.toPrecision(4))} ${unit}\n`)
    if (quick) continue
    // As they are by now: another may have been measured meanwhile.
    const results = new Map<string, readonly Result[]>(newestResults(readIfThere())).set(name, measured)
    writeFileSync(storeFile, `${JSON.stringify(Object.fromEntries(results), null, 2)}\n`)
    writeFileSync(pageFile, resultsPage(results, Object.keys(RUNS)))
  }
}

function measureOnce(name: string): readonly Measurement[] {
  const script = fileURLToPath(import.meta.url)
  const output = run(['--import', 'tsx', script, LOCAL, name, ...(quick ? [QUICK] : [])])
  const line = output.split('\n').find((each) => each.startsWith(MARK))
  if (line === undefined) throw new Error(`the benchmark ${name} printed no measurements: ${output}`)
  return JSON.parse(line.slice(MARK.length)) as Measurement[]
}

function run(args: readonly string[]): string {
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
  return stdout
}

function readIfThere(): string | undefined {
  try {
    return readFileSync(storeFile, 'utf8')
  } catch {
    return undefined
  }
}
