// `npm run bench:quality -- [FOLDER]`: how well the product detects, beside the original's default, on any folder of labelled series; without one,
// on simulated short series of business metrics.
import { writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { exitCodeOf } from '../src/cli/exit.ts'
import { fileProblem, isFileError } from '../src/cli/file-problem.ts'
import { loadSettings } from '../src/cli/load-settings.ts'
import { AnomstackError } from '../src/core/errors.ts'
import { crossValidate } from './quality/cross-validation.ts'
import { type Contender, evaluate } from './quality/evaluate.ts'
import { type QualityOptions, readOptions } from './quality/options.ts'
import { originalAsItRuns, originalDefault } from './quality/original-default.ts'
import { readFolder } from './quality/read-folder.ts'
import { record } from './quality/record.ts'
import { reportPage } from './quality/report-page.ts'
import { resultsJson } from './quality/results-json.ts'
import { measureShortSeries, shortSeriesTables } from './quality/short/index.ts'
import { summarise } from './quality/summary.ts'
import { tablesOf } from './quality/tables.ts'
import { tablesText } from './quality/tables-text.ts'

// Its scores are those of the original's default: the pictures would be the same but for many more alerts.
const asItRuns: Contender = { name: 'original as it runs', settings: originalAsItRuns, drawn: false }
const say = (text: string) => void process.stderr.write(text)

try {
  const options = readOptions(process.argv.slice(2))
  const contenders: readonly Contender[] = [
    { name: 'ours', settings: await loadSettings(options.config), drawn: true },
    { name: "original's default", settings: originalDefault, drawn: true },
  ]
  if (options.folder === undefined) await measureShort(contenders, options)
  else measureFolder(options.folder, [...contenders, asItRuns], options)
} catch (error) {
  if (!(error instanceof AnomstackError)) throw error
  say(`${error.message}\n`)
  process.exitCode = exitCodeOf(error)
}

async function measureShort(
  models: readonly Contender[],
  { quick, json, record: title }: QualityOptions,
): Promise<void> {
  const report = await measureShortSeries({ quick, models })
  tell(`${shortSeriesTables(report).trimEnd()}\n`, title)
  if (json !== undefined) write(json, `${JSON.stringify(report, null, 2)}\n`)
}

function measureFolder(
  folder: string,
  contenders: readonly Contender[],
  { only, folds, report, json, record: title }: QualityOptions,
): void {
  const all = readFolder(folder, only)
  const told = contenders.map((contender) => {
    let done = 0
    const evaluation = evaluate(all, contender, ({ labelled }) =>
      say(`${contender.name} ${++done}/${all.length} ${labelled.name}\n`),
    )
    return {
      evaluation,
      summary: summarise(evaluation),
      crossValidation: crossValidate(evaluation, Math.min(folds, all.length)),
    }
  })
  tell(tablesText(tablesOf(told)), title)
  const source = basename(resolve(folder))
  if (report !== undefined) write(report, reportPage(told, { source }))
  if (json !== undefined) write(json, resultsJson(told, { source }))
}

function tell(tables: string, title: string | undefined): void {
  process.stdout.write(tables)
  if (title !== undefined) record(title, tables)
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    if (!isFileError(error)) throw error
    throw new AnomstackError('INPUT_INVALID', `${file} cannot be written: ${fileProblem(error)}`)
  }
}
