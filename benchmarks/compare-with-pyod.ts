import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRandom } from '../src/core/random.ts'
import type { DetectorDefinition } from '../src/detectors/detector.ts'
import type * as Detectors from '../src/detectors/index.ts'
import { normal } from '../src/detectors/statistics/draw.ts'
import { built } from './built.ts'
import type { Measurement } from './measurement.ts'
import { inScratchFolder } from './scratch-folder.ts'

/** Classes of PyOD whose names are not those of their modules. */
const MODULES: Readonly<Record<string, string>> = {
  FeatureBagging: 'feature_bagging',
  AutoEncoder: 'auto_encoder',
  DeepSVDD: 'deep_svdd',
  SpectralResidual: 'ts_spectral_residual',
}
/** What classes of PyOD cannot be made without, by the number of columns. */
const ARGUMENTS: Readonly<Record<string, (columns: number) => object>> = {
  DeepSVDD: (columns) => ({ n_features: columns }),
}
/** Cannot be made without arguments, or judge something else than rows. */
const NOT_COMPARED = new Set(['LSCP'])

export interface Size {
  readonly rows: number
  readonly columns: number
  readonly runs: number
  /** A process that takes longer is ended, and has no number. */
  readonly seconds: number
  /** Whether a detector is measured with so many rows. */
  takes(name: string): boolean
  /** The most of PyOD's CPU seconds. */
  most(name: string): number
}

/** Detectors of rows beside the same classes of the real PyOD, each in a process of its own with one thread: CPU seconds of fitting and scoring, and memory. */
export async function compareWithPyod(sizes: readonly Size[]): Promise<readonly Measurement[]> {
  const { detectors } = await built<typeof Detectors>('detectors/index.js')
  const python = await pythonWithPyod()
  const compared = [...detectors.values()].filter(
    ({ family, name }) => family === 'tabular' && !NOT_COMPARED.has(name),
  )
  const results: Measurement[] = []
  for (const size of sizes)
    for (const definition of compared.filter(({ name }) => size.takes(name)))
      results.push(...(await compare(definition, size, python)))
  return results
}

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
    const options = JSON.stringify(ARGUMENTS[name]?.(width) ?? {})
    const theirs = measure(python, [file('./pyod-times.py'), pyod, ...shape, folder, options], size)
    const what = `${name}, ${size.rows.toLocaleString('en')} x ${width}`
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
              target: { most: size.most(name) },
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
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: limit * 1000,
  })
  if (error !== undefined && !('code' in error && error.code === 'ETIMEDOUT')) throw error
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1)!) as Cost
  process.stderr.write(
    `${args.join(' ')}: ${stderr.trim().split('\n').at(-1) ?? ''} (${status ?? 'ended'})\n`,
  )
  return undefined
}

/** FeatureBagging of PyOD needs another package besides, and so do networks. */
async function pythonWithPyod(): Promise<string> {
  const { prepare } = (await import(new URL('../scripts/emulators/python.mjs', import.meta.url).href)) as {
    prepare(name: string, more: readonly string[]): { readonly ANOMSTACK_TEST_PYTHON: string }
  }
  return prepare('pyod', ['combo==0.1.3', 'torch==2.15.0', 'tqdm==4.67.1']).ANOMSTACK_TEST_PYTHON
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

function gaussianBytes(count: number, seed: number): Uint8Array {
  const random = createRandom(seed)
  return new Uint8Array(Float64Array.from({ length: count }, () => normal(random)).buffer)
}
