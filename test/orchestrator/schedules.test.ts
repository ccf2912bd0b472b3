import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchSettings } from '../../src/config/batch-settings.ts'
import type { Batch } from '../../src/config/project.ts'
import {
  latestTick,
  nextTick,
  projectSchedules,
  type ScheduledJob,
} from '../../src/orchestrator/schedules.ts'
import { schedule as scheduleWith } from './schedule.ts'

const batch = (name: string, settings: object): Batch => ({
  name,
  file: `${name}.yaml`,
  settings: batchSettings.parse(settings),
  sources: [],
  variables: {},
})
const projectOf = (batches: readonly Batch[], retentionSchedule: string | null = null) => ({
  batches: new Map(batches.map((one) => [one.name, one])),
  server: { retentionSchedule, timeZone: 'Asia/Tokyo' },
})
/** Those of batches that run by their files. */
const jobsOf = (...batches: Batch[]) =>
  projectSchedules(projectOf(batches)).filter(({ enabled, job }) => enabled && job !== 'summary')
const schedule = (cron: string, timeZone = 'UTC') => scheduleWith(cron, { batch: 'a', timeZone })

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** All ticks from `from` up to `to`, as ISO texts. */
function ticks(one: ScheduledJob, from: string, to: string): string[] {
  const found: string[] = []
  let at: number | undefined = Date.parse(from)
  for (;;) {
    at = nextTick(one, at)
    if (at === undefined || at > Date.parse(to)) return found
    found.push(new Date(at).toISOString())
  }
}

describe('the schedules of a project', () => {
  it('are none by default', () => {
    expect(jobsOf(batch('a', {}))).toEqual([])
  })

  it('are one for each job that is RUNNING and not disabled', () => {
    const running = Object.fromEntries(
      ['ingest', 'train', 'score', 'alert', 'change', 'delete'].map((job) => [
        `${job}_default_schedule_status`,
        'RUNNING',
      ]),
    )
    const all = jobsOf(
      batch('a', { ...running, time_zone: 'Europe/Berlin', ingest_cron_schedule: '*/10 * * * * *' }),
    )
    expect(all.map(({ id, cron }) => [id, cron])).toEqual([
      ['ingest:a', '*/10 * * * * *'],
      ['train:a', '*/5 * * * *'],
      ['score:a', '*/4 * * * *'],
      ['alert:a', '*/5 * * * *'],
      ['change:a', '*/5 * * * *'],
      ['delete:a', '0 6 * * *'],
    ])
    expect(all[0]).toEqual({
      id: 'ingest:a',
      job: 'ingest',
      batch: 'a',
      cron: '*/10 * * * * *',
      timeZone: 'Europe/Berlin',
      enabled: true,
      jitterMs: 0,
      catchUp: 'latest',
      catchUpMax: 10,
      overlap: 'skip',
    })
    for (const job of ['ingest', 'train', 'score', 'alert', 'change', 'delete'])
      expect(jobsOf(batch('a', { ...running, [`disable_${job}`]: true })).map((one) => one.job)).toEqual(
        all.map((one) => one.job).filter((name) => name !== job),
      )
    expect(jobsOf(batch('a', { ...running, disable_batch: true }))).toEqual([])
  })

  it('are one pipeline, and deletion, when there is a pipeline cron', () => {
    const settings = {
      pipeline_cron_schedule: '0 9 * * *',
      ingest_default_schedule_status: 'RUNNING',
      delete_default_schedule_status: 'RUNNING',
    }
    expect(jobsOf(batch('a', settings)).map((one) => one.id)).toEqual(['pipeline:a', 'delete:a'])
    expect(
      jobsOf(batch('a', { ...settings, pipeline_default_schedule_status: 'STOPPED' })).map((one) => one.id),
    ).toEqual(['delete:a'])
  })

  it('are there when they are stopped, for people to resume; not those of jobs that are disabled', () => {
    const stopped = projectSchedules(projectOf([batch('a', { disable_train: true, disable_summary: true })]))
    expect(stopped.map(({ id, enabled }) => [id, enabled])).toEqual(
      ['ingest', 'score', 'alert', 'change', 'delete'].map((job) => [`${job}:a`, false]),
    )
  })

  it('carry what the batch says of jitter, missed ticks and overlap', () => {
    const settings = { schedule_jitter: '90s', catch_up: 'all', catch_up_max: 3, overlap: 'queue' }
    expect(projectSchedules(projectOf([batch('a', settings)]))[0]).toMatchObject({
      jitterMs: 90_000,
      catchUp: 'all',
      catchUpMax: 3,
      overlap: 'queue',
    })
  })

  it('of the summary are one for each cron and time zone that batches want it at', () => {
    const summaries = (...batches: Batch[]) =>
      projectSchedules(projectOf(batches)).filter(({ job }) => job === 'summary')
    expect(summaries()).toEqual([])
    expect(summaries(batch('a', { disable_summary: true }), batch('b', { disable_batch: true }))).toEqual([])
    const [one] = summaries(batch('a', {}), batch('b', {}))
    expect(one).toMatchObject({
      id: 'summary',
      cron: '0 9 * * *',
      enabled: true,
      params: { summary_cron_schedule: '0 9 * * *', time_zone: 'UTC' },
    })
    expect(one).not.toHaveProperty('batch')
    const several = summaries(
      batch('a', {}),
      batch('b', { time_zone: 'Europe/Berlin' }),
      batch('c', { summary_cron_schedule: '0 7 * * 1' }),
      batch('d', {}),
    )
    expect(several.map(({ id }) => id)).toEqual([
      'summary:0 9 * * * UTC',
      'summary:0 9 * * * Europe/Berlin',
      'summary:0 7 * * 1 UTC',
    ])
    expect(several[1]!.params).toEqual({ summary_cron_schedule: '0 9 * * *', time_zone: 'Europe/Berlin' })
  })

  it('of retention are one, in the time zone of the server, unless it is off', () => {
    expect(projectSchedules(projectOf([], '0 */6 * * *'))).toMatchObject([
      { id: 'retention', job: 'retention', cron: '0 */6 * * *', timeZone: 'Asia/Tokyo', enabled: true },
    ])
    expect(projectSchedules(projectOf([]))).toEqual([])
  })

  it('keep hostile names of batches apart', () => {
    const settings = { pipeline_cron_schedule: '0 9 * * *' }
    expect(
      jobsOf(batch('__proto__', settings), batch('a:b/c "d"', settings)).map((one) => one.batch),
    ).toEqual(['__proto__', 'a:b/c "d"'])
  })
})

describe('ticks', () => {
  it('have whole seconds, and follow strictly after', () => {
    const every = schedule('*/10 * * * * *')
    expect([0, 1, 9_999, 10_000, 10_500].map((after) => nextTick(every, after))).toEqual([
      10_000, 10_000, 10_000, 20_000, 20_000,
    ])
    expect(nextTick(schedule('@daily'), 5)).toBe(DAY)
    expect(nextTick(schedule('0 0 31 2 *'), 0)).toBeUndefined()
  })

  it.each([
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2025-03-29T12:00:00Z',
      ['2025-03-30T01:00:00.000Z', '2025-03-31T00:30:00.000Z'],
    ],
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2025-10-25T12:00:00Z',
      ['2025-10-26T00:30:00.000Z', '2025-10-27T01:30:00.000Z'],
    ],
    [
      'America/New_York',
      '30 2 * * *',
      '2025-03-08T12:00:00Z',
      ['2025-03-09T07:00:00.000Z', '2025-03-10T06:30:00.000Z'],
    ],
    [
      'America/New_York',
      '30 1 * * *',
      '2025-11-01T12:00:00Z',
      ['2025-11-02T05:30:00.000Z', '2025-11-03T06:30:00.000Z'],
    ],
    [
      'Europe/Berlin',
      '0 9 * * *',
      '2025-03-29T12:00:00Z',
      ['2025-03-30T07:00:00.000Z', '2025-03-31T07:00:00.000Z'],
    ],
  ])('%s: "%s" after %s, in the night that the clocks change', (timeZone, cron, from, expected) => {
    const to = new Date(Date.parse(from) + 48 * HOUR).toISOString()
    expect(ticks(schedule(cron, timeZone), from, to)).toEqual(expected)
  })

  it('come once a day through the whole year, at any time of the day', () => {
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'UTC',
    )
    fc.assert(
      fc.property(
        zone,
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 0, max: 59 }),
        (timeZone, hour, minute) => {
          const daily = schedule(`${minute} ${hour} * * *`, timeZone)
          const found = ticks(daily, '2025-01-01T20:00:00Z', '2025-12-31T20:00:00Z')
          const dates = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
          expect(new Set(found.map((tick) => dates.format(new Date(tick)))).size).toBe(364)
          expect(found).toHaveLength(364)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('of lists of hours are not skipped or repeated either', () => {
    const twice = schedule('30 2,14 * * *', 'Europe/Berlin')
    expect(ticks(twice, '2025-03-29T20:00:00Z', '2025-03-30T20:00:00Z')).toHaveLength(2)
    expect(ticks(twice, '2025-10-25T20:00:00Z', '2025-10-26T20:00:00Z')).toHaveLength(2)
  })

  it('at intervals go on evenly', () => {
    const every = ticks(
      schedule('*/15 * * * *', 'Europe/Berlin'),
      '2025-10-25T20:00:00Z',
      '2025-10-26T20:00:00Z',
    )
    expect(every).toHaveLength(96)
  })

  it('that cannot be computed name the batch and the schedule', () => {
    for (const bad of ['', 'soon', '61 * * * *', '* * * * * * *'])
      expect(() => nextTick(schedule(bad), 0)).toThrow(
        /^batch "a": the ingest schedule ".*" \(UTC\) is not valid/,
      )
    expect(() => nextTick(schedule('0 9 * * *', 'Mars/Base'), 0)).toThrow(/Mars\/Base/)
  })

  it('the latest of those missed is found as if one had gone through all', () => {
    const cron = fc.constantFrom(
      '* * * * *',
      '*/7 * * * *',
      '0 9 * * 1-5',
      '30 2 * * *',
      '0 0 1 * *',
      '*/20 */9 * * * *',
      '0 0 29 2 *',
      '* 9 1 1 *',
    )
    const days = fc.constantFrom(...['2025-03-29', '2025-10-25'].map((day) => Date.parse(day)))
    const time = fc.tuple(days, fc.integer({ min: 0, max: 4 * DAY })).map(([day, ms]) => day + ms)
    fc.assert(
      fc.property(cron, time, fc.integer({ min: 0, max: DAY }), (text, after, span) => {
        const one = schedule(text, 'Europe/Berlin')
        const all = ticks(one, new Date(after).toISOString(), new Date(after + span).toISOString())
        expect(latestTick(one, after, after + span)).toBe(
          all.length === 0 ? undefined : Date.parse(all.at(-1)!),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('the latest of ten years of seconds is found', () => {
    const until = Date.parse('2035-05-05T05:05:05.500Z')
    expect(latestTick(schedule('* * * * * *'), Date.parse('2025-01-01'), until)).toBe(until - 500)
  })
})
