import type { Database, MetricsTable } from '../../src/databases/database.ts'
import { metricRows } from '../database-rows.ts'
import { type Measurement, timed } from '../measurement.ts'
import type { Engine, Options, RunningEngine } from './engine.ts'

/** How many metrics are written, how many are read, and how many points each has. */
export interface Size {
  readonly written: number
  readonly read: number
  readonly points: number
}

type Open = (options: Options) => Database

/** Seconds that a task takes by the program's database, and by the vendor's client alone. */
interface Pair {
  readonly ours: number
  readonly raw: number
}

const TABLE = 'metrics'
const ROUNDS = 3
const TARGET = { most: 1.3 }
/** Before anything is timed, so that neither side pays for code that is loaded and compiled only once. */
const WARM: Size = { written: 400, read: 500, points: 10 }

/** Takes both tasks both ways, in turn, several times; so each measurement comes several times. */
export async function compare(
  { name }: Pick<Engine, 'name'>,
  { engine, open, size }: { readonly engine: RunningEngine; readonly open: Open; readonly size: Size },
): Promise<readonly Measurement[]> {
  await writing(engine, open, { size: WARM, round: 0 })
  await reading(engine, open, { size: WARM, rounds: 1 })
  const writes: Pair[] = []
  for (let round = 0; round < ROUNDS; round++) writes.push(await writing(engine, open, { size, round }))
  const reads = await reading(engine, open, { size, rounds: ROUNDS })
  const rows = size.written * size.points
  const task = `${name}: upsert of ${rows.toLocaleString('en')} rows`
  const history = `${name}: history of ${size.read} metrics x ${size.points.toLocaleString('en')} points`
  return [
    ...writes.flatMap(({ ours, raw }): Measurement[] => [
      { name: task, value: rows / ours, unit: 'rows/s' },
      { name: `${task}, by the client alone`, value: rows / raw, unit: 'rows/s' },
      { name: `${task}, times the client's`, value: ours / raw, unit: 'x', target: TARGET },
    ]),
    ...reads.flatMap(({ ours, raw }): Measurement[] => [
      { name: history, value: ours * 1000, unit: 'ms' },
      { name: `${history}, by the client alone`, value: raw * 1000, unit: 'ms' },
      { name: `${history}, times the client's`, value: ours / raw, unit: 'x', target: TARGET },
    ]),
  ]
}

/** Each side goes first in turn, for the second one may find memory or disk in another state. */
async function inTurn(
  round: number,
  tasks: { readonly [side in keyof Pair]: () => Promise<number> },
): Promise<Pair> {
  if (round % 2 === 0) {
    const ours = await tasks.ours()
    return { ours, raw: await tasks.raw() }
  }
  const raw = await tasks.raw()
  return { ours: await tasks.ours(), raw }
}

function writing(
  engine: RunningEngine,
  open: Open,
  { size: { written, points }, round }: { readonly size: Size; readonly round: number },
): Promise<Pair> {
  return inTurn(round, {
    ours: async () =>
      withTable(open(await engine.fresh()), async (table) => {
        await table.ensure()
        return (await timed(() => table.upsert(metricRows(written, points)))).seconds
      }),
    raw: async () => {
      const options = await engine.fresh()
      await withTable(open(options), (table) => table.ensure())
      const client = await engine.connect(options)
      const { seconds } = await timed(() => client.write(TABLE, metricRows(written, points)))
      await client.close()
      return seconds
    },
  })
}

async function reading(
  engine: RunningEngine,
  open: Open,
  { size: { read, points }, rounds }: { readonly size: Size; readonly rounds: number },
): Promise<readonly Pair[]> {
  const options = await engine.fresh()
  await withTable(open(options), async (table) => {
    await table.ensure()
    await table.upsert(metricRows(read, points))
  })
  const expect = (found: number): void => {
    if (found !== read * points) throw new Error(`${found} points were read of ${read * points}`)
  }
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++)
    pairs.push(
      await inTurn(round, {
        ours: () =>
          withTable(open(options), async (table) => {
            // Connects.
            await table.history({ batch: 'bench', types: ['metric'], metrics: ['metric_0'] })
            const { seconds, result } = await timed(() =>
              table.history({ batch: 'bench', types: ['metric'] }),
            )
            expect([...result.values()].reduce((sum, types) => sum + types.get('metric')!.values.length, 0))
            return seconds
          }),
        raw: async () => {
          const client = await engine.connect(options)
          const { seconds, result } = await timed(() => client.read(TABLE))
          await client.close()
          expect(result)
          return seconds
        },
      }),
    )
  return pairs
}

async function withTable<T>(database: Database, work: (table: MetricsTable) => Promise<T>): Promise<T> {
  try {
    return await work(database.metricsTable(TABLE))
  } finally {
    await database.close()
  }
}
