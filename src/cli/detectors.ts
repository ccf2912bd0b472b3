import { z } from 'zod'
import { nearest } from '../config/faults.ts'
import { AnomstackError } from '../core/errors.ts'
import { optionRows } from '../core/option-rows.ts'
import { type DetectorDefinition, ignoredOption } from '../detectors/detector.ts'
import { detectors as catalog, findDetector } from '../detectors/index.ts'
import { columns } from './columns.ts'
import type { ExitCode } from './exit.ts'
import { type Paint, paintFor, printable } from './paint.ts'

const IGNORED = z.globalRegistry.get(ignoredOption)?.description
const FAMILIES: Readonly<Record<DetectorDefinition['family'], string>> = {
  tabular: 'rows of any columns: the values of a metric after preprocessing, each with its lags',
  series: 'windows of a series as it was measured, the newest value first',
  online: 'rows in the order of time; these learn on from each of them',
  timed:
    'the time and the value of each point; these learn on from each, and say by themselves when to alert',
}

/** Lists the detectors that `model_name` may name, or describes one with its parameters. */
export function detectors(
  name: string | undefined,
  { json = false }: { readonly json?: boolean },
): Promise<ExitCode> {
  const chosen = name === undefined ? [...catalog.values()] : [named(name)]
  const paint = paintFor(process.stdout)
  if (json) {
    const described = chosen.map(asJson)
    process.stdout.write(`${JSON.stringify(name === undefined ? described : described[0], null, 2)}\n`)
  } else process.stdout.write(name === undefined ? list(chosen, paint) : description(chosen[0]!, paint))
  return Promise.resolve(0)
}

function named(name: string): DetectorDefinition {
  const found = findDetector(name)
  if (found !== undefined) return found
  const near = nearest(name, [...catalog.keys()])
  throw new AnomstackError(
    'INPUT_INVALID',
    `there is no detector "${printable(name).slice(0, 100)}"; ${near === undefined ? '`anomstack detectors` lists them' : `did you mean ${near}?`}`,
  )
}

function asJson(detector: DetectorDefinition) {
  const { name, aliases = [], family, explains = false, summary, source, complexity, options } = detector
  const parameters = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' })
  return { name, aliases, family, explains, summary, complexity, source, parameters }
}

function list(all: readonly DetectorDefinition[], paint: Paint): string {
  const sections = Object.entries(FAMILIES).map(([family, judged]) => {
    const rows = all
      .filter((each) => each.family === family)
      .map(({ name, summary }) => [`  ${paint.bold(name)}`, summary])
    return [`${paint.cyan(family)} ${paint.dim(`– ${judged}`)}`, columns(rows), ''].join('\n')
  })
  return [...sections, '`anomstack detectors NAME` shows the parameters of one.', ''].join('\n')
}

function description(detector: DetectorDefinition, paint: Paint): string {
  const { name, aliases = [], family, explains, summary, source, complexity, options } = detector
  const rows = optionRows(options)
    .filter((row) => row.description !== IGNORED)
    .map((row) => [paint.bold(row.name), row.default || '–', row.type, row.description])
  return [
    `${paint.bold(name)}${aliases.length === 0 ? '' : ` ${paint.dim(`(also ${aliases.join(', ')})`)}`}: ${summary}`,
    '',
    columns([
      ['judges', FAMILIES[family]],
      ...(family === 'timed'
        ? []
        : [['explains', explains ? 'which columns drove a score' : 'no score by its columns']]),
      ['time', `fitting ${complexity.fit}; scoring a row ${complexity.score}`],
      ['after', source],
    ]),
    '',
    columns([
      [paint.dim('parameter'), paint.dim('default'), paint.dim('type'), paint.dim('meaning')],
      ...rows,
    ]),
    '',
  ].join('\n')
}
