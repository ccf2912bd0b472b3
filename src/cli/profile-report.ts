import { stringify } from 'yaml'
import type { EditOutcome } from '../config/edit-yaml.ts'
import type { Batch } from '../config/project.ts'
import { formatDuration } from '../core/duration.ts'
import type { BatchAdvice, Proposal } from '../jobs/advice/advise-batch.ts'
import type { MetricAdvice } from '../jobs/advice/advise-metric.ts'
import type { SeriesProfile } from '../timeseries/profile-series.ts'
import { columns } from './columns.ts'
import { type Paint, printable } from './paint.ts'
import { plural } from './plural.ts'

export interface ProfiledBatch {
  readonly batch: Batch
  readonly metrics: readonly { readonly profile: SeriesProfile; readonly advice: MetricAdvice }[]
  readonly advice: BatchAdvice
  /** What became of the proposals, in their order; absent where nothing was to be written. */
  readonly written?: readonly EditOutcome[]
}

/** Everything that was measured and advised, times in ISO 8601. */
export function profileJson(profiled: readonly ProfiledBatch[]): unknown {
  return profiled.map(({ batch, metrics, advice, written }) => ({
    batch: batch.name,
    file: batch.file,
    metrics: metrics.map(({ profile, advice: { metric, judge, reasons } }) => ({
      metric,
      ...profile,
      first: isoOf(profile.first),
      last: isoOf(profile.last),
      step: profile.step ?? null,
      tails: profile.tails ?? null,
      shifts: profile.shifts.map((shift) => ({ ...shift, at: isoOf(shift.at) })),
      judge,
      advice: reasons,
    })),
    proposals: advice.proposals.map(({ keys, why }, index) => ({
      why,
      keys: keys.map(({ path, value }) => ({ key: path, value })),
      ...(written === undefined ? {} : { outcome: written[index] }),
    })),
    disagreements: advice.disagreements,
  }))
}

/** The same for people. */
export function profileText(profiled: readonly ProfiledBatch[], paint: Paint): string {
  return profiled.map((each) => batchText(each, paint)).join('\n')
}

function batchText({ batch, metrics, advice, written }: ProfiledBatch, paint: Paint): string {
  const head = `${paint.bold(line(batch.name))} ${paint.dim(line(batch.file))}\n`
  if (metrics.length === 0)
    return `${head}  no history yet; \`anomstack run ingest --batch ${line(batch.name)}\` reads some\n`
  const blocks = metrics.map(({ profile, advice: { metric, judge, reasons } }) => {
    const rows = measured(profile, judge).map(([name, text]) => [`    ${paint.dim(name)}`, text])
    return `  ${paint.bold(line(metric))}\n${columns(rows)}\n${reasons.map((reason) => `    ${paint.cyan('→')} ${line(reason)}\n`).join('')}`
  })
  const disagreements = advice.disagreements.map((text) => `  ${line(text)}\n`).join('')
  return [head, ...blocks, disagreements, proposalText(batch, advice.proposals, { written, paint })].join('')
}

function measured(
  profile: SeriesProfile,
  judge: MetricAdvice['judge'],
): readonly (readonly [string, string])[] {
  const { points, first, last, step, quantiles, kind, trend, cycles, tails, shifts } = profile
  const seen = `${plural(points, 'point')} from ${timeOf(first)} to ${timeOf(last)}`
  if (judge === 'wait') return [['points', seen]]
  const cadence =
    step === undefined
      ? 'no step yet'
      : `every ${formatDuration(step)}, ${percent(profile.onStep)} of the gaps whole steps; ${profile.missing} missing (${percent(profile.missingShare)})${profile.aggregated ? '; each stands for the period that begins with it' : ''}`
  return [
    ['points', seen],
    ['cadence', cadence],
    [
      'values',
      `${kind}, ${short(quantiles.min)} to ${short(quantiles.max)}, middle half ${short(quantiles.q25)} to ${short(quantiles.q75)}; ${percent(profile.zeros)} zeros; unchanged ${percent(profile.unchanged)} of the time, for ${plural(profile.longest, 'point')} at most`,
    ],
    ['trend', `${signed(trend.perWeek)} spreads a week, ${signed(trend.total)} in all`],
    [
      'cycles',
      cycles.length === 0
        ? 'too short a history to tell'
        : cycles.map(({ name, share, present }) => `${name} ${present ? percent(share) : 'no'}`).join(', '),
    ],
    [
      'noise',
      `${short(profile.noise)} of a spread of ${short(profile.spread)}; ${tails === undefined ? 'tails cannot be told' : `tails ${short(tails)} times Gaussian`}`,
    ],
    [
      'level',
      shifts.length === 0
        ? 'no shift'
        : shifts
            .map(({ at, from, to }) => `${short(from)} to ${short(to)} on ${timeOf(at).slice(0, 10)}`)
            .join(', '),
    ],
  ]
}

function proposalText(
  { file }: Batch,
  proposals: readonly Proposal[],
  { written, paint }: { readonly written: readonly EditOutcome[] | undefined; readonly paint: Paint },
): string {
  if (proposals.length === 0) return `  ${paint.green('nothing to set')} in ${line(file)}\n`
  if (written !== undefined)
    return proposals.map(({ keys }, index) => outcomeText(keysOf(keys), file, written[index])).join('')
  const lines = proposals.flatMap(({ keys, why }) => [
    paint.dim(`    # ${line(why)}`),
    ...stringify(merged(keys), { lineWidth: 0, version: '1.1' })
      .trimEnd()
      .split('\n')
      .map((text) => `    ${printable(text)}`),
  ])
  return `  for ${line(file)}; --write puts it there:\n${lines.join('\n')}\n`
}

/** What became of keys that were to be written, one line. */
export function outcomeText(keys: string, file: string, outcome: EditOutcome | undefined): string {
  switch (outcome?.status) {
    case 'written':
      return `  wrote ${line(keys)} to ${line(file)}\n`
    case 'there':
      return `  ${line(keys)}: set already in ${line(file)}\n`
    case 'kept':
      return `  did not write ${line(keys)}: ${line(outcome.key)} is set in ${line(file)}, to ${line(JSON.stringify(outcome.value))}\n`
    case undefined:
      return `  did not write ${line(keys)}\n`
  }
}

function keysOf(keys: Proposal['keys']): string {
  return keys.map(({ path, value }) => `${path.join('.')}: ${JSON.stringify(value)}`).join(', ')
}

function merged(keys: Proposal['keys']): unknown {
  const result: Record<string, unknown> = {}
  for (const { path, value } of keys) {
    const [key = '', inner] = path
    result[key] = inner === undefined ? value : { ...(result[key] as object | undefined), [inner]: value }
  }
  return result
}

const line = (text: string) => printable(text).replaceAll('\n', ' ')
const isoOf = (timestamp: number) => new Date(timestamp).toISOString()
const timeOf = (timestamp: number) => isoOf(timestamp).slice(0, 16).replace('T', ' ')
const percent = (share: number) => `${share > 0 && share < 0.01 ? '<1' : Math.round(share * 100)} %`
const short = (value: number) => String(Number(value.toPrecision(4)))
const signed = (value: number) => `${value > 0 ? '+' : ''}${Number(value.toPrecision(2))}`
