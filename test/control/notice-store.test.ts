import { describe, expect, it } from 'vitest'
import type { NewNotice } from '../../src/alerts/notice.ts'
import { ENGINES, HOSTILE_NAMES } from './temporary-control.ts'

const noticeOf = (subject: string, since = 1_000): NewNotice => ({
  kind: 'run-failed',
  subject,
  since,
  title: `about ${subject}`,
  text: 'why',
  link: '/runs/1',
  details: { code: 'X' },
})
const options = { now: 2_000, channels: ['email', 'slack', 'email'] }
const take = { executor: 'e', leaseMs: 60, limit: 50 }

describe.each(ENGINES)('on $engine', ({ controls: create }) => {
  const controls = create()

  it('a notice is open once by kind and subject, whoever opens it, with its deliveries', async () => {
    const address = await controls.address()
    const stores = [await controls.open(address), await controls.open(address)]
    const opened = await Promise.all(
      [...stores, ...stores].map(({ notices }, index) => notices.open(noticeOf('a', 1_000 + index), options)),
    )
    const [first] = opened.filter((notice) => notice !== undefined)
    expect(opened.filter((notice) => notice !== undefined)).toHaveLength(1)
    const [{ alerts, notices }] = stores as [(typeof stores)[0], (typeof stores)[0]]
    expect(await notices.opened('run-failed')).toEqual([first])
    expect(await notices.get(first!.id)).toEqual(first)
    const due = await alerts.takeDue({ ...take, now: 2_000 })
    expect(due.map((delivery) => ['notice' in delivery && delivery.notice.id, delivery.channel])).toEqual([
      [first!.id, 'email'],
      [first!.id, 'slack'],
    ])
    expect(await alerts.list({ limit: 10 })).toEqual([])
  })

  it('is resolved once, and the same matter is not opened again', async () => {
    const { notices, alerts } = await controls.open()
    const open = await notices.open(noticeOf('a'), options)
    const recovery = { title: 'works again', text: 'after all' }
    const both = await Promise.all([
      notices.resolve(open!.id, { ...options, now: 3_000, recovery }),
      notices.resolve(open!.id, { ...options, now: 3_000, recovery }),
    ])
    expect(both.filter((resolved) => resolved !== undefined)).toMatchObject([
      { phase: 'resolved', since: 1_000, raisedAt: 3_000, ...recovery },
    ])
    expect(await notices.opened('run-failed')).toEqual([])
    expect(await notices.open(noticeOf('a'), options)).toBeUndefined()
    expect(await notices.open(noticeOf('a', 5_000), options)).toMatchObject({ since: 5_000, phase: 'open' })
    expect(await notices.list({ limit: 2 })).toHaveLength(2)
    expect(await alerts.deliveries({ limit: 50 })).toHaveLength(6)
    const silent = (await notices.opened('run-failed'))[0]!
    expect(await notices.resolve(silent.id, { ...options, now: 6_000 })).toMatchObject({
      id: silent.id,
      endedAt: 6_000,
    })
    expect(await notices.list({ limit: 50 })).toHaveLength(3)
  })

  it('forgets what was over long ago, once it is delivered', async () => {
    const { notices, alerts } = await controls.open()
    const open = async (subject: string, now: number) =>
      (await notices.open(noticeOf(subject), { now, channels: ['console'] }))!.id
    const [over, waiting, recent] = [await open('over', 1), await open('waiting', 2), await open('recent', 3)]
    await open('going on', 4)
    for (const [id, now] of [
      [over, 10],
      [waiting, 10],
      [recent, 100],
    ] as const)
      await notices.resolve(id, { now, channels: [] })
    for (const { id, alertId } of await alerts.deliveries({ limit: 9 }))
      if (alertId !== waiting) await alerts.settle(id, { status: 'delivered', now: 11 })
    expect(await notices.prune(10)).toBe(0)
    expect(await notices.prune(100)).toBe(1)
    expect((await notices.list({ limit: 9 })).map(({ subject }) => subject)).toEqual([
      'going on',
      'recent',
      'waiting',
    ])
    expect(await notices.prune(101)).toBe(1)
  })

  it('keeps any text', async () => {
    const { notices } = await controls.open()
    for (const name of HOSTILE_NAMES) expect(await notices.open(noticeOf(name), options)).toBeDefined()
    expect((await notices.opened('run-failed')).map(({ subject }) => subject)).toEqual(HOSTILE_NAMES)
  })

  it('failed runs and waiting runs are found, parts of runs left out', async () => {
    const { runs } = await controls.open()
    for (const [index, batch] of ['a', 'b', 'c'].entries()) {
      const { run } = await runs.enqueue(
        { job: 'ingest', batch, trigger: batch === 'c' ? 'fan-out' : 'manual' },
        { now: 1 },
      )
      await runs.claimById(run.id, { executor: 'e', now: 2 })
      await runs.finish(run.id, { attempt: 1, executor: 'e', status: 'failed', now: 10 + index })
    }
    await runs.enqueue({ job: 'train', batch: 'a', trigger: 'manual' }, { now: 50 })
    await runs.enqueue({ job: 'train', batch: 'b', trigger: 'manual' }, { now: 50, notBefore: 500 })
    const failed = await runs.failedSince({ after: { at: 0, id: '' }, limit: 10 })
    expect(failed.map(({ batch }) => batch)).toEqual(['a', 'b'])
    const after = { at: failed[0]!.endedAt!, id: failed[0]!.id }
    expect((await runs.failedSince({ after, limit: 10 })).map(({ batch }) => batch)).toEqual(['b'])
    expect((await runs.waiting({ before: 100, limit: 10 })).map(({ batch }) => batch)).toEqual(['a'])
  })
})
