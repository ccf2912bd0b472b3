import { formatValue } from '../charts/format-number.ts'
import {
  type Injected,
  PLACES,
  SHARE,
  SIZES,
  type SimulatedMetric,
  WITHIN,
} from '../jobs/simulation/simulation.ts'
import { ANOMALY_KINDS } from '../timeseries/inject-anomaly.ts'
import { columns } from './columns.ts'
import { type Paint, printable } from './paint.ts'

type Smallest = Extract<Injected, { readonly status: 'tried' }>['smallest'][number]

/** In the metric's own units; null for what has none. */
export function changeOf({ kind, size }: Smallest, noise: number): number | null {
  return size === null || kind === 'flat line' || kind === 'variance change' ? null : size * noise
}

/** The smallest anomalies that are found, and what could not be tried. */
export function injectedTable(
  metrics: readonly SimulatedMetric[],
  { withSet, paint }: { readonly withSet: boolean; readonly paint: Paint },
): string {
  const head = ['metric', ...(withSet ? [''] : []), 'noise', ...ANOMALY_KINDS].map((title) =>
    paint.dim(title),
  )
  const untold: string[] = []
  const rows = metrics.flatMap(({ metric, today, changed }) => {
    const ways = [
      { what: 'today', outcome: today },
      ...(changed === undefined ? [] : [{ what: 'with --set', outcome: changed }]),
    ]
    return ways.flatMap(({ what, outcome }, index) => {
      if (outcome.status !== 'judged' || outcome.injected === undefined) return []
      const { injected } = outcome
      const label = [index === 0 ? paint.bold(oneLine(metric)) : '', ...(withSet ? [what] : [])]
      if (injected.status === 'not tried') {
        untold.push(`  ${oneLine(metric)}${withSet ? ` ${what}` : ''}: ${oneLine(injected.why)}`)
        return []
      }
      const { noise, smallest } = injected
      return [[...label, short(noise), ...smallest.map((each) => sizeText(each, noise))]]
    })
  })
  const most = SIZES.at(-1)
  const legend = [
    `The smallest anomaly that is found: a size in spreads of the metric's own noise, and in its units. At up to ${PLACES} quiet places of the newest third,`,
    `each in a copy, at least ${SHARE * 100} % must alert within ${WITHIN} points, at this size and all above. – is not found up to ${most}, with the share that was found there.`,
  ].map((line) => paint.dim(line))
  const notTried = untold.length === 0 ? [] : [`${paint.dim('not tried')}\n${untold.join('\n')}`]
  const table = rows.length === 0 ? [] : [`${legend.join('\n')}\n\n${columns([head, ...rows])}`]
  return [...table, ...notTried].join('\n\n')
}

function sizeText(smallest: Smallest, noise: number): string {
  const { kind, size, share } = smallest
  if (size === null) return `– (${Math.round(share * 100)} %)`
  if (kind === 'flat line') return 'found'
  if (kind === 'variance change') return `×${size}`
  return `${size} (${short(size * noise)})`
}

const short = (value: number) => formatValue(Number(value.toPrecision(3)))
const oneLine = (text: string) => printable(text).replaceAll('\n', ' ')
