import { readFileSync, statSync } from 'node:fs'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../core/errors.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { JOB_NAMES, type JobName } from '../runs/run.ts'
import { type ExitCode, exitCodeOf } from './exit.ts'

/** Jobs that people run by hand; `backfill` has a command of its own. */
const RUNNABLE = [
  'pipeline',
  ...JOB_NAMES.filter((job) => job !== 'pipeline' && job !== 'deliver' && job !== 'backfill'),
]

const packageFile = new URL('../../package.json', import.meta.url)

/** The `anomstack` command; each command's module is loaded only when it is called. */
export function createProgram(): { run(args: readonly string[]): Promise<ExitCode> } {
  let code: ExitCode = 0
  const program = new Command('anomstack')
    .description(
      'Watches metrics, learns what is normal, and tells the right people once when something is wrong.',
    )
    .version((JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }).version)
    .exitOverride()
    .showHelpAfterError('(anomstack --help lists the commands)')

  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .exitOverride()
      .showHelpAfterError(`(anomstack ${name} --help says more)`)
  const inProject = (name: string, description: string) =>
    command(name, description).addOption(
      new Option('--project <dir>', 'folder of the project')
        .argParser(folder)
        .default(process.cwd(), 'the current folder'),
    )
  const finish = async (outcome: Promise<ExitCode>) => {
    code = await outcome
  }

  command('init', 'write a commented starter project')
    .argument('[dir]', 'folder to write to', '.')
    .option('--force', 'write into a folder that is not empty; existing files are kept')
    .action((dir: string, options: { force?: boolean }) =>
      finish(import('./init.ts').then((m) => m.init(dir, options))),
    )

  inProject('start', 'run the server with its schedules and page')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on', portNumber)
    .option('--backfill', 'replay the history of batches that have not been trained yet')
    .action((options) => finish(import('./start.ts').then((m) => m.start(options))))

  inProject('run', 'run a job now and print its steps')
    .addArgument(new Argument('<job>', 'pipeline is all of them in order').choices(RUNNABLE))
    .option('--batch <name...>', 'only these batches')
    .option('--at <time>', 'as if it were this time (ISO 8601)', time)
    .option('--json', 'print the runs as JSON')
    .action((job: JobName, options) => finish(import('./run.ts').then((m) => m.run(job, options))))

  inProject(
    'backfill',
    'replay history as if it had happened live; records scores and would-be alerts, sends nothing',
  )
    .option('--batch <name...>', 'only these batches')
    .option('--from <time>', 'score points from this time on (ISO 8601)', time)
    .option('--to <time>', 'score points up to this time (ISO 8601)', time)
    .option('--json', 'print the result as JSON')
    .action((options) => finish(import('./backfill.ts').then((m) => m.backfill(options))))

  command('detect', 'score one series point by point, each from its past only')
    .argument('<file>', 'CSV file with a header, or - for standard input')
    .option('--timestamp <column>', 'column of the time')
    .option('--value <column>', 'column of the value')
    .option('--config <file>', 'YAML file with settings of a batch')
    .option('--out <file>', 'write here instead of standard output')
    .addOption(new Option('--format <format>', 'output format').choices(['csv', 'json']).default('csv'))
    .action((file: string, options) => finish(import('./detect.ts').then((m) => m.detect(file, options))))

  inProject('validate', 'check every file of the project and print every fault')
    .option('--strict', 'warnings count as faults')
    .option('--json', 'print the faults as JSON')
    .action((options) => finish(import('./validate.ts').then((m) => m.validate(options))))

  command('schema', 'print the JSON Schema of a batch file, for editors').action(() =>
    finish(import('./schema.ts').then((m) => m.schema())),
  )

  return {
    async run(args) {
      try {
        await program.parseAsync([...args], { from: 'user' })
        return code
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
        process.stderr.write(`error: ${messageOf(error)}\n`)
        return exitCodeOf(error)
      }
    },
  }
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is a whole number from 0 to 65535.')
  return port
}

function folder(text: string): string {
  if (statSync(text, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new InvalidArgumentError('There is no such folder.')
  return text
}

/** UTC epoch ms. */
function time(text: string): number {
  const at = parseTimestamp(text)
  if (at === undefined) throw new InvalidArgumentError('Write a time like 2026-01-31T09:00:00Z.')
  return at
}
