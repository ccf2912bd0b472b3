import { readFileSync, statSync } from 'node:fs'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { messageOf } from '../core/errors.ts'
import { QUEUE_NAMES, type QueueName } from '../core/queues.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { JOB_NAMES, type JobName } from '../runs/run.ts'
import type { ExampleAction } from './example.ts'
import { type ExitCode, exitCodeOf } from './exit.ts'
import type { ModelsAction } from './models.ts'
import type { RunAction } from './runs.ts'
import type { ScheduleAction } from './schedules.ts'

/** Jobs that people run by hand; `backfill` has a command of its own. */
const RUNNABLE = [
  'pipeline',
  ...JOB_NAMES.filter((job) => job !== 'pipeline' && job !== 'deliver' && job !== 'backfill'),
]

const SIMULATE_HELP = `
The history in the metrics table is replayed as \`anomstack backfill\` does, and alerts are decided as they would have been.

With --inject, spikes, dips, level shifts, trend breaks, flat lines and changes of variance are put into copies of the history: at up to 10
quiet places of its newest third, in sizes of 1 to 12 spreads of the metric's own noise. The replay up to such a place is shared; what
comes after is judged in each copy by itself. Told is the smallest size that alerts within 10 points in at least 80 % of the places.

  anomstack simulate --batch sales --set alert_threshold=0.9
  anomstack simulate --batch sales --metric orders --set "alert_budget=1 per week" --inject`

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
    .option(
      '--from <connection>',
      'write a batch for each table of a database: a connection, an address, or a file',
    )
    .option('--yes', 'with --from: every table, and the backfill, without a question')
    .action(async (dir: string, { from, ...options }: { force?: boolean; from?: string; yes?: boolean }) =>
      finish(
        from === undefined
          ? import('./init.ts').then((m) => m.init(dir, options))
          : import('./init-from.ts').then((m) => m.initFrom(dir, { from, ...options })),
      ),
    )

  inProject('start', 'run the server with its schedules and page')
    .option('--host <address>', 'address to listen on')
    .option('--port <number>', 'port to listen on', portNumber)
    .option('--backfill', 'replay the history of batches that have not been trained yet')
    .action((options) => finish(import('./start.ts').then((m) => m.start(options))))

  inProject('worker', 'execute runs beside the server; needs ANOMSTACK_DATABASE_URL')
    .addOption(
      new Option('--queues <names>', `comma-separated: ${QUEUE_NAMES.join(', ')}`).argParser(queueNames),
    )
    .option('--concurrency <number>', 'runs at a time', positiveNumber)
    .action((options) => finish(import('./worker.ts').then((m) => m.worker(options))))

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
    .option('--preview', 'say what would be replayed, and about how long it takes, and write nothing')
    .option('--json', 'print the result as JSON')
    .action((options) => finish(import('./backfill.ts').then((m) => m.backfill(options))))

  inProject('simulate', 'how often would this have alerted? today, and with other settings; sends nothing')
    .requiredOption('--batch <name>', 'batch to look at')
    .option('--metric <name...>', 'only these metrics')
    .option('--set <key=value...>', 'count with these values of its keys too, such as alert_threshold=0.9')
    .option('--from <time>', 'look at points from this time on (ISO 8601)', time)
    .option('--to <time>', 'look at points up to this time (ISO 8601)', time)
    .option('--inject', 'say how small an anomaly of each kind would have been found')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', SIMULATE_HELP)
    .action((options) => finish(import('./simulate.ts').then((m) => m.simulate(options))))

  inProject('profile', 'measure the history of metrics, and say which settings suit them')
    .option('--batch <name...>', 'only these batches')
    .option('--metric <name...>', 'only these metrics')
    .option('--write', 'put what is advised into the files of the batches; keys that are set stay')
    .option('--json', 'print the result as JSON')
    .action((options) => finish(import('./profile.ts').then((m) => m.profile(options))))

  inProject('tune', 'find one setting with which many metrics would have alerted as often as is wanted')
    .requiredOption('--target <rate>', 'alerts wanted of each metric, such as "2 per month"')
    .option('--batch <name...>', 'only these batches')
    .addOption(
      new Option('--key <key>', 'the setting to find; by the models when not given').choices([
        'alert_budget',
        'alert_threshold',
      ]),
    )
    .option('--write', 'put it into the files of the batches; keys that are set stay')
    .option('--replace', 'with --write: in place of what is set, too')
    .option('--json', 'print the result as JSON')
    .action((options) => finish(import('./tune.ts').then((m) => m.tune(options))))

  inProject('runs', 'list runs, do some again or cancel them')
    .addArgument(new Argument('[action]', 'what to do').choices(['list', 'retry', 'cancel']).default('list'))
    .argument('[id...]', 'runs to do again or to cancel')
    .option('--batch <name>', 'only runs of this batch')
    .addOption(new Option('--job <job>', 'only runs of this job').choices(JOB_NAMES))
    .addOption(
      new Option('--status <status>', 'only runs of this status').choices([
        'queued',
        'running',
        'succeeded',
        'failed',
        'canceled',
      ]),
    )
    .option('--limit <number>', 'at most so many', positiveNumber, 20)
    .option('--resume', 'of a retry: what the run had completed is not done again')
    .option('--json', 'print the runs as JSON')
    .action((action: RunAction, ids: readonly string[], options) =>
      finish(import('./runs.ts').then((m) => m.runs(action, ids, options))),
    )

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

  inProject('batches', 'list the batches with their jobs and schedules')
    .option('--json', 'print the list as JSON')
    .action((options) => finish(import('./batches.ts').then((m) => m.batches(options))))

  inProject('schedules', 'list, pause or resume schedules')
    .addArgument(new Argument('[action]', 'what to do').choices(['list', 'pause', 'resume']).default('list'))
    .argument('[id...]', 'schedules to pause or resume, such as ingest:sales, summary or retention')
    .option('--json', 'print the schedules as JSON')
    .action((action: ScheduleAction, ids: readonly string[], options) =>
      finish(import('./schedules.ts').then((m) => m.schedules(action, ids, options))),
    )

  inProject('example', 'list example batches, or copy one into the project')
    .addArgument(new Argument('[action]', 'what to do').choices(['ls', 'add']).default('ls'))
    .argument('[name]', 'example to copy')
    .option('--json', 'print what is there, or what was done, as JSON')
    .action((action: ExampleAction, name: string | undefined, options) =>
      finish(import('./example.ts').then((m) => m.example(action, name, options))),
    )

  inProject('models', 'list the versions of models, or put an older one into use')
    .addArgument(new Argument('[action]', 'what to do').choices(['ls', 'rollback']).default('ls'))
    .argument('[name...]', 'batches to list; of a rollback the batch, and the version if not the one before')
    .option('--json', 'print the versions as JSON')
    .action((action: ModelsAction, names: readonly string[], options) =>
      finish(import('./models.ts').then((m) => m.models(action, names, options))),
    )

  command('detectors', 'list the detectors, or describe one with its parameters')
    .argument('[name]', 'detector to describe')
    .option('--json', 'print them as JSON, with the parameters as JSON Schema')
    .action((name: string | undefined, options) =>
      finish(import('./detectors.ts').then((m) => m.detectors(name, options))),
    )

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

function queueNames(text: string): readonly QueueName[] {
  return text.split(',').map((part) => {
    const name = QUEUE_NAMES.find((queue) => queue === part.trim())
    if (name === undefined)
      throw new InvalidArgumentError(
        `There is no queue "${part.trim()}"; there are ${QUEUE_NAMES.join(', ')}.`,
      )
    return name
  })
}

function positiveNumber(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('Write a whole number from 1 on.')
  return count
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
