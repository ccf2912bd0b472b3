import { NOTHING, SILENCES, SIZED_KINDS, SIZES } from './event.ts'
import type { ShortSeriesReport } from './measure.ts'
import type { EventCell } from './measure-events.ts'
import { STEPS, type Step } from './profile.ts'
import { PROFILES } from './profiles.ts'
import { ratio, textTable } from './text-table.ts'

type Choice = (cell: EventCell) => boolean

interface Row {
  readonly label: string
  readonly choice: Choice
}

/** Share of the chosen events that were found by alerts, and at the threshold of the budget; NaN where there were none. */
export function recallOf(
  cells: readonly EventCell[],
  choice: Choice,
): { readonly trials: number; readonly found: number; readonly ranked: number } {
  const chosen = cells.filter(choice)
  const sum = (key: 'trials' | 'found' | 'ranked') => chosen.reduce((all, cell) => all + cell[key], 0)
  const trials = sum('trials')
  return { trials, found: sum('found') / trials, ranked: sum('ranked') / trials }
}

/** A row for each choice, with two columns for each model: as it alerts, and at the threshold of the budget. */
function recallTable(title: string, { models, ideal }: ShortSeriesReport, rows: readonly Row[]): string {
  const head = [
    'events',
    'trials',
    'known noise',
    ...models.flatMap(({ name }) => [`${name}: alerts`, 'ranked']),
  ]
  const body = rows.map(({ label, choice }) => {
    const known = recallOf(ideal, choice)
    const recalls = models.map(({ events }) => recallOf(events, choice))
    return [
      label,
      String(known.trials),
      ratio(known.ranked),
      ...recalls.flatMap(({ found, ranked }) => [ratio(found), ratio(ranked)]),
    ]
  })
  return textTable(title, [head, ...body])
}

const LEGEND = [
  '"alerts": found by an alert of the settings; "ranked": with a score in the window as high as clean series of the profile reach once in 4 weeks;',
  '"known noise": ranked so by somebody who knows what each value should be, and how large its noise is. "no event": how often chance hits a window.',
].join('\n')

const ofKind =
  (kind: EventCell['kind']): Choice =>
  (cell) =>
    cell.kind === kind
const ofSize =
  (size: number): Choice =>
  (cell) =>
    cell.size === size

/** Every kind and size, then all kinds of a size, then what has no size. */
const KIND_ROWS: readonly Row[] = [
  ...SIZED_KINDS.flatMap((kind) =>
    SIZES.map((size) => ({
      label: `${kind}, ${size}`,
      choice: (cell: EventCell) => ofKind(kind)(cell) && ofSize(size)(cell),
    })),
  ),
  ...SIZES.map((size) => ({ label: `all of them, ${size}`, choice: ofSize(size) })),
  ...SILENCES.map((kind) => ({ label: `silence, ${kind}`, choice: ofKind(kind) })),
  ...NOTHING.map((kind) => ({ label: kind, choice: ofKind(kind) })),
]

function kindTable(report: ShortSeriesReport, step: Step): string {
  return recallTable(
    `Recall by kind and size in robust spreads, ${step} series, at 1 alert per 4 weeks\n${LEGEND}`,
    report,
    KIND_ROWS.map(({ label, choice }) => ({ label, choice: (cell) => cell.step === step && choice(cell) })),
  )
}

function profileTable(report: ShortSeriesReport): string {
  const rows = PROFILES.flatMap(({ step, name }) =>
    ([4, 6] as const).map((size) => ({
      label: `${step} ${name}, ${size}`,
      choice: (cell: EventCell) => cell.step === step && cell.profile === name && cell.size === size,
    })),
  )
  return recallTable(
    'Recall by profile, events of all kinds that have a size, of 4 and of 6 robust spreads',
    report,
    rows,
  )
}

/** What is raised when a brief event is over. */
function afterwardsTable({ models, ideal }: ShortSeriesReport): string {
  const sum = (cells: readonly EventCell[], key: 'trials' | 'afterwards') =>
    cells.reduce((all, cell) => all + cell[key], 0)
  const rows = STEPS.flatMap((step) =>
    [
      {
        label: `${step}, spike or dip`,
        brief: (cell: EventCell) => cell.kind === 'spike' || cell.kind === 'dip',
      },
      { label: `${step}, no event`, brief: ofKind('no brief event') },
    ].map(({ label, brief }) => {
      const chosen = (cells: readonly EventCell[]) =>
        cells.filter((cell) => cell.step === step && brief(cell))
      return [
        label,
        String(sum(chosen(ideal), 'trials')),
        ...models.map(({ events }) =>
          ratio(sum(chosen(events), 'afterwards') / sum(chosen(events), 'trials')),
        ),
      ]
    }),
  )
  return textTable('False alarms in the 10 days, or 24 hours, after a brief event, for each event', [
    ['events', 'trials', ...models.map(({ name }) => name)],
    ...rows,
  ])
}

/** How many events were found. */
export function recallTables(report: ShortSeriesReport): readonly string[] {
  return [...STEPS.map((step) => kindTable(report, step)), profileTable(report), afterwardsTable(report)]
}
