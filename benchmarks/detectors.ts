import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom } from '../src/core/random.ts'
import type { DetectorDefinition } from '../src/detectors/detector.ts'
import type * as Detectors from '../src/detectors/index.ts'
import { normal } from '../src/detectors/statistics/draw.ts'
import { built } from './built.ts'
import type { Benchmark, Measurement } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

/** Classes of PyOD whose names are not those of their modules. */
const MODULES: Readonly<Record<string, string>> = {
  FeatureBagging: 'feature_bagging',
  AutoEncoder: 'auto_encoder',
  DeepSVDD: 'deep_svdd',
  SpectralResidual: 'ts_spectral_residual',
}
/** Cannot be made without arguments, or judge something else than rows. */
const NOT_COMPARED = new Set(['LSCP'])

interface Size {
  readonly rows: number
  readonly columns: number
  readonly runs: number
  /** A process that takes longer is ended, and has no number. */
  readonly seconds: number
  /** The most of PyOD's CPU seconds. */
  most(name: string): number | undefined
}

const FEW: Size = {
  rows: 2_000,
  columns: 6,
  runs: 5,
  seconds: 300,
  most: (name) => (name === 'IForest' ? 0.07 : 0.7),
}
const MANY_MOST: Readonly<Record<string, number>> = {
  IForest: 0.15,
  KNN: 0.35,
  LOF: 0.35,
  ECOD: 0.8,
  COPOD: 0.8,
  HBOS: 0.8,
  PCA: 0.8,
}
const MANY: Size = { rows: 100_000, columns: 10, runs: 1, seconds: 400, most: (name) => MANY_MOST[name] }
const OCSVM: Size = { rows: 10_000, columns: 6, runs: 1, seconds: 300, most: () => 1 }

/** Every detector of rows beside the same class of the real PyOD, each in a process of its own with one thread: CPU seconds of fitting and scoring, and memory. */
export const benchmark: Benchmark = async ({ quick }) => {
  const { detectors } = await built<typeof Detectors>('detectors/index.js')
  const python = await pythonWithPyod()
  const compared = [...detectors.values()].filter(
    ({ family, name }) => family === 'tabular' && !NOT_COMPARED.has(name),
  )
  const results: Measurement[] = []
  for (const size of quick ? [FEW] : [FEW, MANY, OCSVM]) {
    const chosen =
      size === OCSVM ? compared.filter(({ name }) => name === 'OCSVM') : compared.filter(feasible(size))
    for (const definition of chosen) results.push(...(await compare(definition, size, python)))
  }
  return results
}

/** With very many rows only those that have a target: most others need the square of their number in PyOD. */
const feasible =
  (size: Size) =>
  ({ name }: DetectorDefinition) =>
    size !== MANY || Object.hasOwn(MANY_MOST, name)

interface Cost {
  readonly seconds: number
  readonly megabytes: number
}

async function compare(
  { name, columns }: DetectorDefinition,
  size: Size,
  python: string,
): Promise<readonly Measurement[]> {
  const width = columns ?? size.columns
  return await inScratchFolder((folder) => {
    for (const [index, file] of ['train.f64', 'test.f64'].entries())
      writeFileSync(path.join(folder, file), gaussianBytes(size.rows * width, index + 1))
    const shape = [size.rows, width, size.runs].map(String)
    const ours = measure(
      process.execPath,
      ['--import', 'tsx', file('./detector-times.ts'), name, ...shape, folder],
      size,
    )
    const pyod = `pyod.models.${MODULES[name] ?? name.toLowerCase()}.${name}`
    const theirs = measure(python, [file('./pyod-times.py'), pyod, ...shape, folder], size)
    const what = `${name}, ${size.rows.toLocaleString('en')} x ${width}`
    const most = size.most(name)
    return Promise.resolve([
      ...seconds(`${what}: ours`, ours),
      ...seconds(`${what}: PyOD`, theirs),
      ...(ours === undefined || theirs === undefined
        ? []
        : [
            {
              name: `${what}: CPU seconds as a share of PyOD's`,
              value: ours.seconds / theirs.seconds,
              unit: 'x' as const,
              ...(most === undefined ? {} : { target: { most } }),
            },
          ]),
    ])
  })
}

function seconds(name: string, cost: Cost | undefined): readonly Measurement[] {
  if (cost === undefined) return []
  return [
    { name: `${name}, CPU`, value: cost.seconds * 1000, unit: 'ms' },
    { name: `${name}, memory`, value: cost.megabytes, unit: 'MB' },
  ]
}

/** Undefined for a process that fails, or takes too long. */
function measure(command: string, args: readonly string[], { seconds: limit }: Size): Cost | undefined {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: limit * 1000 })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1)!) as Cost
  process.stderr.write(
    `${args.join(' ')}: ${stderr.trim().split('\n').at(-1) ?? ''} (${status ?? 'ended'})\n`,
  )
  return undefined
}

async function pythonWithPyod(): Promise<string> {
  const { prepare } = (await import(new URL('../scripts/emulators/python.mjs', import.meta.url).href)) as {
    prepare(): { readonly ANOMSTACK_TEST_PYTHON: string }
  }
  return prepare().ANOMSTACK_TEST_PYTHON
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

function gaussianBytes(count: number, seed: number): Uint8Array {
  const random = createRandom(seed)
  return new Uint8Array(Float64Array.from({ length: count }, () => normal(random)).buffer)
}
