import { parseArgs } from 'node:util'
import { AnomstackError, messageOf } from '../../src/core/errors.ts'

export interface QualityOptions {
  /** Without one the seeded short series are judged. */
  readonly folder?: string
  readonly folds: number
  readonly report?: string
  readonly json?: string
  readonly only: string
  /** Fewer short series. */
  readonly quick: boolean
  readonly config?: string
  /** The tables are kept in QUALITY.md under this title. */
  readonly record?: string
}

export const USAGE =
  'npm run bench:quality -- [FOLDER] [--folds 5] [--report FILE.html] [--json FILE] [--only TEXT] [--config FILE.yaml] [--record TITLE] [--quick]'

/** The options of a command line. Throws `INPUT_INVALID` with the usage. */
export function readOptions(args: readonly string[]): QualityOptions {
  const invalid = (problem: string) => new AnomstackError('INPUT_INVALID', `${problem}\nusage: ${USAGE}`)
  const { values, positionals } = parse(args, invalid)
  if (positionals.length > 1) throw invalid(`one folder at a time, not ${positionals.join(' and ')}`)
  const folds = Number(values.folds ?? 5)
  if (!Number.isInteger(folds) || folds < 2) throw invalid('--folds needs a whole number of 2 or more')
  const [folder] = positionals
  const { report, json, only, config, record, quick = false } = values
  if (folder === undefined && (report ?? only ?? values.folds) !== undefined)
    throw invalid('--report, --only and --folds are for a folder of labelled series')
  if (folder !== undefined && quick)
    throw invalid('--quick is for the short series; --only chooses some of a folder')
  return {
    folds,
    only: only ?? '',
    quick,
    ...(folder === undefined ? {} : { folder }),
    ...(report === undefined ? {} : { report }),
    ...(json === undefined ? {} : { json }),
    ...(config === undefined ? {} : { config }),
    ...(record === undefined ? {} : { record }),
  }
}

function parse(args: readonly string[], invalid: (problem: string) => AnomstackError) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        folds: text,
        report: text,
        json: text,
        only: text,
        config: text,
        record: text,
        quick: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw invalid(messageOf(error))
  }
}
